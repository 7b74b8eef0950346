import { readFile, stat } from 'node:fs/promises';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Catalogue } from '../core/catalogue.ts';
import { compileCatalogue, type CompileOptions } from '../core/catalogue-compile.ts';
import type { Problem } from '../core/catalogue-problem.ts';
import { TaktError } from '../core/errors.ts';
import { shapeProblems } from './catalogue-shape.ts';

/** Largest catalogue that is read. */
export const CATALOGUE_BYTES_MAX = 1_048_576;
/** Most nodes that YAML aliases may stand for. */
const ALIASES_MAX = 100;
/** Lines of an error: the last of them only counts what is left. */
const ERROR_LINES_MAX = 5;

/** A problem of a catalogue with its place in the file; line and column count from 1. */
export interface CatalogueProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would be right; null where the message says it all. */
  readonly allowed: string | null;
}

/** The catalogue of a text, or all of its problems in the order of the file. `fileName` is only for the problems. */
export function parseCatalogue(
  text: string,
  fileName: string,
  options: CompileOptions,
): { readonly catalogue: Catalogue | null; readonly problems: readonly CatalogueProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number, message: string, allowed: string | null): CatalogueProblem => {
    const { line, col } = lines.linePos(offset);
    return { file: fileName, line: Math.max(line, 1), column: Math.max(col, 1), message, allowed };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => place(error.pos[0], syntaxMessage(error), null));
    return { catalogue: null, problems };
  }
  let parsed: unknown;
  try {
    parsed = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { catalogue: null, problems: [place(0, `the aliases cannot be resolved: ${why}`, null)] };
  }
  const compiled = compileCatalogue(parsed, shapeProblems(parsed), options);
  const problems = compiled.problems
    .map((problem) => place(offsetOf(document, problem), problem.message, problem.allowed))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { catalogue: compiled.catalogue, problems };
}

/**
 * Reads a catalogue file. Throws FILE_UNREADABLE when it cannot be read, and CATALOGUE_INVALID with at most five lines
 * `file:line:column: what; allowed: …` when something is wrong with it.
 */
export async function loadCatalogue(path: string, options: CompileOptions): Promise<Catalogue> {
  const { catalogue, problems } = parseCatalogue(await readText(path), path, options);
  if (catalogue !== null) return catalogue;
  const lines = problems.map(problemLine);
  const shown = lines.length > ERROR_LINES_MAX ? lines.slice(0, ERROR_LINES_MAX - 1) : lines;
  if (shown.length < lines.length) shown.push(`… and ${lines.length - shown.length} more`);
  throw new TaktError('CATALOGUE_INVALID', shown.join('\n'));
}

/** A problem on one line. */
export function problemLine({ file, line, column, message, allowed }: CatalogueProblem): string {
  return `${file}:${line}:${column}: ${message}${allowed === null ? '' : `; allowed: ${allowed}`}`.replaceAll(
    '\n',
    ' ',
  );
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > CATALOGUE_BYTES_MAX) {
      const message = `The catalogue ${path} has ${size} bytes; allowed: at most ${CATALOGUE_BYTES_MAX}.`;
      throw new TaktError('CATALOGUE_INVALID', message);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof TaktError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TaktError('FILE_UNREADABLE', `The catalogue ${path} cannot be read: ${why}. Check the path.`, {
      cause: error,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TaktError('FILE_ENCODING', `The catalogue ${path} is not UTF-8. Save it as UTF-8.`, { cause: error });
  }
}

function syntaxMessage(error: { readonly code: string; readonly message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'this key stands here twice; keep one of them';
  return `not YAML: ${error.message}`;
}

/** Where a problem stands: the deepest part of its path that the file has. */
function offsetOf(document: Document, problem: Problem): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, key] of problem.path.entries()) {
    const found: Node | undefined = isAlias(node) ? node.resolve(document) : undefined;
    const holder = found ?? node;
    if (isMap(holder)) {
      const pair = holder.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key));
      if (pair === undefined) return offset;
      const keyOffset = startOf(pair.key) ?? offset;
      // A map or list that is missing something is better shown by its key than by its first entry.
      const byKey = depth === problem.path.length - 1 && (problem.at === 'key' || !isScalar(pair.value));
      offset = byKey ? keyOffset : (startOf(pair.value) ?? keyOffset);
      node = pair.value;
    } else if (isSeq(holder)) {
      node = holder.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | null {
  return (node as Node | null | undefined)?.range?.[0] ?? null;
}
