import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { TaktError } from '../../shared/core/errors.ts';
import { readJsonMapping } from '../../shared/core/ingest/json-mapping-read.ts';
import { loadMapping } from '../import/mapping-file.ts';

/**
 * A mapping of rows (with `events`) or of JSON, as its file has it. Throws FILE_UNREADABLE, FILE_ENCODING, and MAPPING_INVALID
 * with the place.
 */
export async function loadRedriveMapping(path: string): Promise<unknown> {
  const source = await parsed(path);
  if (typeof source === 'object' && source !== null && 'events' in source) {
    await loadMapping(path);
    return source;
  }
  try {
    readJsonMapping(source);
  } catch (cause) {
    if (!(cause instanceof TaktError)) throw cause;
    throw new TaktError('MAPPING_INVALID', `${path}: ${cause.message}`, { cause });
  }
  return source;
}

async function parsed(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new TaktError('FILE_UNREADABLE', `The mapping ${path} cannot be read: ${message}. Check the path.`, {
      cause,
    });
  }
  try {
    return parse(text) as unknown;
  } catch (cause) {
    const [line] = (cause as Error).message.split('\n');
    throw new TaktError('MAPPING_INVALID', `${path}: not YAML: ${line}`, { cause });
  }
}
