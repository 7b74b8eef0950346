import { readFile, stat } from 'node:fs/promises';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Problem } from '../core/catalogue/catalogue-problem.ts';
import { type ErrorCode, TaktError } from '../core/errors.ts';

/** Most nodes that YAML aliases may stand for. */
const ALIASES_MAX = 100;
/** Lines of an error: the last of them only counts what is left. */
const ERROR_LINES_MAX = 5;

/** A problem of a YAML file with its place in it; line and column count from 1. */
export interface PlacedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would be right; null where the message says it all. */
  readonly allowed: string | null;
}

/** A parsed file: its content with a way to place problems in it, or what makes it no YAML. */
export type YamlFile =
  | { readonly parsed: unknown; place(problems: readonly Problem[]): PlacedProblem[] }
  | { readonly unparsed: readonly PlacedProblem[] };

/** Parses a YAML text; `fileName` is only for the problems. */
export function parseYaml(text: string, fileName: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placed = (offset: number, message: string, allowed: string | null): PlacedProblem => {
    const { line, col } = lines.linePos(offset);
    return { file: fileName, line: Math.max(line, 1), column: Math.max(col, 1), message, allowed };
  };
  if (document.errors.length > 0)
    return { unparsed: document.errors.map((error) => placed(error.pos[0], syntaxMessage(error), null)) };
  try {
    return {
      parsed: document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown,
      place: (problems) =>
        problems
          .map((problem) => placed(offsetOf(document, problem), problem.message, problem.allowed))
          .sort((a, b) => a.line - b.line || a.column - b.column),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { unparsed: [placed(0, `the aliases cannot be resolved: ${why}`, null)] };
  }
}

/** A problem on one line. */
export function problemLine({ file, line, column, message, allowed }: PlacedProblem): string {
  return `${file}:${line}:${column}: ${message}${allowed === null ? '' : `; allowed: ${allowed}`}`.replaceAll(
    '\n',
    ' ',
  );
}

/** The error of these problems: at most five lines `file:line:column: what; allowed: …`. */
export function problemsError(code: ErrorCode, problems: readonly PlacedProblem[]): TaktError {
  const lines = problems.map(problemLine);
  const shown = lines.length > ERROR_LINES_MAX ? lines.slice(0, ERROR_LINES_MAX - 1) : lines;
  if (shown.length < lines.length) shown.push(`… and ${lines.length - shown.length} more`);
  return new TaktError(code, shown.join('\n'));
}

/** What a file is called in errors, how large it may be, and the code of an error of its content. */
export interface TextFileKind {
  readonly what: string;
  readonly bytesMax: number;
  readonly code: ErrorCode;
}

/** The text of a file. Throws FILE_UNREADABLE, FILE_ENCODING, and the kind's code for one that is too large. */
export async function readTextFile(path: string, { what, bytesMax, code }: TextFileKind): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > bytesMax)
      throw new TaktError(code, `The ${what} ${path} has ${size} bytes; allowed: at most ${bytesMax}.`);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof TaktError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TaktError('FILE_UNREADABLE', `The ${what} ${path} cannot be read: ${why}. Check the path.`, {
      cause: error,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TaktError('FILE_ENCODING', `The ${what} ${path} is not UTF-8. Save it as UTF-8.`, { cause: error });
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
