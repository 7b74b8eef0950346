import { readFile, stat } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Problem } from '../../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { readMapping } from '../../shared/core/ingest/mapping-read.ts';
import { mappingError, type MappingSource } from './mapping-source.ts';

/** Largest mapping file that is read. */
export const MAPPING_BYTES_MAX = 262_144;
const ALIASES_MAX = 100;

/** Reads a mapping file. Throws FILE_UNREADABLE, or MAPPING_INVALID with `file:line:column: what` for each problem. */
export async function loadMapping(path: string): Promise<MappingSource> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAPPING_BYTES_MAX) {
      throw new TaktError('MAPPING_INVALID', `The mapping ${path} has ${size} bytes; allowed: ${MAPPING_BYTES_MAX}.`);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof TaktError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TaktError('FILE_UNREADABLE', `The mapping ${path} cannot be read: ${why}. Check the path.`, {
      cause: error,
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TaktError('FILE_ENCODING', `The mapping ${path} is not UTF-8. Save it as UTF-8.`, { cause: error });
  }
  return parseMapping(text, path);
}

/** The mapping of a YAML text; `fileName` is only for messages. Throws MAPPING_INVALID. */
export function parseMapping(text: string, fileName: string): MappingSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    throw new TaktError(
      'MAPPING_INVALID',
      `${place(syntax.pos[0])}: not YAML: ${syntax.message.replaceAll('\n', ' ')}`,
    );
  }
  let parsed: unknown;
  try {
    parsed = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TaktError('MAPPING_INVALID', `${place(0)}: the aliases cannot be resolved: ${why}`, { cause: error });
  }
  const placeOf = (problem: Problem): string => place(offsetOf(document, problem));
  const { mapping, problems } = readMapping(parsed);
  if (mapping === null) throw mappingError(problems, placeOf);
  return { mapping, placeOf };
}

/** Where a problem stands: the deepest part of its path that the file has. */
function offsetOf(document: Document, problem: Problem): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of problem.path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      const byKey = depth === problem.path.length - 1 && problem.at === 'key';
      offset = (byKey ? null : startOf(pair.value)) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | null {
  return (node as Node | null | undefined)?.range?.[0] ?? null;
}
