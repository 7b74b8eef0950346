import { dirname, resolve } from 'node:path';
import { type NamedFile, plansNamed } from '../core/catalogue/catalogue-plan.ts';
import { TaktError } from '../core/errors.ts';
import { readTextFile } from './yaml-document.ts';

/** Largest plan that is read. */
const PLAN_BYTES_MAX = 2_097_152;

/** The plans that a parsed catalogue names, by these names; `path`: the catalogue's file, beside which they stand. */
export async function loadPlans(parsed: unknown, path: string): Promise<Map<string, NamedFile>> {
  const plans = new Map<string, NamedFile>();
  for (const name of plansNamed(parsed)) plans.set(name, await readPlan(resolve(dirname(path), name)));
  return plans;
}

async function readPlan(path: string): Promise<NamedFile> {
  try {
    const kind = { what: 'plan', bytesMax: PLAN_BYTES_MAX, code: 'CATALOGUE_INVALID' } as const;
    return { text: await readTextFile(path, kind) };
  } catch (error) {
    if (error instanceof TaktError) return { unreadable: error.message };
    throw error;
  }
}
