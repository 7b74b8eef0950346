import { readFileSync } from 'node:fs';
import { TaktError } from '../../shared/core/errors.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A secret from NAME, or from the file that NAME_FILE names; null without either. Throws FILE_UNREADABLE. */
export function readPassword(name: string, environment: Environment): string | null {
  const path = environment[`${name}_FILE`];
  if (path !== undefined) return readText(`${name}_FILE`, path).trim();
  return environment[name] ?? null;
}

/** The PEM texts in the files that NAME_CA, NAME_CERT and NAME_KEY name. Throws FILE_UNREADABLE. */
export function readPem(
  name: string,
  environment: Environment,
): { readonly ca?: string; readonly cert?: string; readonly key?: string } {
  const texts = ['CA', 'CERT', 'KEY'].flatMap((part) => {
    const path = environment[`${name}_${part}`];
    return path === undefined ? [] : [[part.toLowerCase(), readText(`${name}_${part}`, path)] as const];
  });
  return Object.fromEntries(texts);
}

function readText(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TaktError('FILE_UNREADABLE', `${name} names ${path}, which cannot be read (${why}).`, { cause: error });
  }
}
