import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { TaktError } from '../../shared/core/errors.ts';
import { helpdesk, type HelpdeskProfile } from './helpdesk.ts';
import { productionLine, type ProductionLineProfile } from './production-line.ts';
import { sales, type SalesProfile } from './sales.ts';
import type { Simulator } from './simulator.ts';

type Profile =
  | (ProductionLineProfile & { readonly kind: 'production-line' })
  | (HelpdeskProfile & { readonly kind: 'helpdesk' })
  | (SalesProfile & { readonly kind: 'sales' });

/**
 * The simulator of a profile file (simulator.yaml) for a demonstration that was first started at `anchorMs`. Throws
 * FILE_UNREADABLE when there is none. The files come with takt and are not checked further: docs/demo.md explains them.
 */
export async function loadSimulator(path: string, anchorMs: number): Promise<Simulator> {
  let profile: Profile;
  try {
    profile = parse(await readFile(path, 'utf8')) as Profile;
  } catch (error) {
    const message = `The simulator profile ${path} cannot be read: ${(error as Error).message}. Install takt again.`;
    throw new TaktError('FILE_UNREADABLE', message, { cause: error });
  }
  return simulatorOf(profile, anchorMs);
}

function simulatorOf(profile: Profile, anchorMs: number): Simulator {
  switch (profile.kind) {
    case 'production-line':
      return productionLine(profile, anchorMs);
    case 'helpdesk':
      return helpdesk(profile, anchorMs);
    case 'sales':
      return sales(profile, anchorMs);
  }
}
