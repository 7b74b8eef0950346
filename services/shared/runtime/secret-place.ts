import { readFile, stat } from 'node:fs/promises';
import type { SecretPlace } from '../core/notify/channel.ts';
import { TaktError } from '../core/errors.ts';

/** Largest file that is read as a secret. */
const SECRET_BYTES_MAX = 64 * 1024;

/**
 * The secret at a place, without spaces and line ends around it. Read anew each time, so that a secret can be changed
 * while takt runs (a file; an environment stays as it was at the start). Throws FILE_UNREADABLE or USAGE with the place,
 * never with what stands there.
 */
export async function readSecret(
  place: SecretPlace,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const text = 'env' in place ? (environment[place.env] ?? '') : await readSecretFile(place.file);
  const secret = text.trim();
  if (secret !== '') return secret;
  const where = 'env' in place ? `the environment variable ${place.env}` : `the file ${place.file}`;
  throw new TaktError('USAGE', `${where} holds no secret; set it and start takt again.`);
}

async function readSecretFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= SECRET_BYTES_MAX) return await readFile(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TaktError('FILE_UNREADABLE', `the secret in ${path} cannot be read (${why}).`, { cause: error });
  }
  throw new TaktError('FILE_UNREADABLE', `the secret in ${path} is larger than ${SECRET_BYTES_MAX} bytes.`);
}
