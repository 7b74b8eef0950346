import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { TaktError } from '../core/errors.ts';
import type { JsonMapping } from '../core/ingest/json-mapping.ts';
import { readJsonMapping } from '../core/ingest/json-mapping-read.ts';

const ENDINGS = ['.yaml', '.yml', '.json'];
/** Most files that a folder of mappings may have. */
const FILES_MAX = 1_000;

/**
 * Reads the JSON mappings of a folder: each file (YAML or JSON) is one, named like it without its ending. Throws
 * FILE_UNREADABLE for the folder, MAPPING_INVALID with the file and, for YAML that cannot be parsed, the line.
 */
export async function loadJsonMappings(folder: string): Promise<Map<string, JsonMapping>> {
  const mappings = new Map<string, JsonMapping>();
  const files = (await listed(folder)).filter((file) => ENDINGS.includes(parse(file).ext)).sort();
  if (files.length > FILES_MAX)
    throw new TaktError('FILE_UNREADABLE', `${folder} has ${files.length} mappings; allowed are ${FILES_MAX}.`);
  for (const file of files) {
    const path = join(folder, file);
    const { name } = parse(file);
    if (mappings.has(name)) throw new TaktError('MAPPING_INVALID', `${path}: there are two mappings named ${name}.`);
    mappings.set(name, readMapping(path, await readFile(path, 'utf8')));
  }
  return mappings;
}

async function listed(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `--mappings ${folder} cannot be read (${code}). Give a folder with one NAME.yaml for each mapping.`;
    throw new TaktError('FILE_UNREADABLE', message, { cause: error });
  }
}

function readMapping(path: string, text: string): JsonMapping {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new TaktError('MAPPING_INVALID', `${path}:${line}:${col}: ${error.message}`, { cause: error });
  }
  try {
    return readJsonMapping(document.toJS());
  } catch (cause) {
    if (!(cause instanceof TaktError)) throw cause;
    throw new TaktError('MAPPING_INVALID', `${path}: ${cause.message}`, { cause });
  }
}
