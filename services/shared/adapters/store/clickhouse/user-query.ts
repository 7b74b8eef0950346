import { TaktError } from '../../../core/errors.ts';

/** String literals, quoted identifiers and comments: words in them mean nothing. One left open reaches to the end. */
const QUIET =
  /'(?:[^'\\]|\\[\s\S])*(?:'|$)|`(?:[^`\\]|\\[\s\S])*(?:`|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
/** What else begins a literal, a comment or a space for ClickHouse: heredocs, `#`, typographic quotes and dashes, odd spaces. */
// oxlint-disable-next-line no-control-regex -- control characters are among what is looked for
const UNUSUAL = /[$#]|[^\x09\x0a\x0d\x20-\x7e]/;
const FORMAT_NAME = /^[A-Za-z0-9]{1,40}$/;
const READING = /^\s*(?:\(|(?:SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|EXISTS)\b)/i;
/** Longest statement, in UTF-16 code units. */
const STATEMENT_LENGTH_MAX = 100_000;

/**
 * Checks a user's statement before the engine sees it, and gives it without a closing semicolon. The engine refuses
 * writes itself (readonly), but not INTO OUTFILE, which writes a file all the same.
 * Throws QUERY_NOT_READ_ONLY, QUERY_LIMIT or PARAMETER_INVALID.
 */
export function checkUserQuery(sql: string, format: string): string {
  if (!FORMAT_NAME.test(format))
    throw new TaktError(
      'PARAMETER_INVALID',
      `format ${JSON.stringify(format.slice(0, 40))} is no format name; try PrettyCompact, CSVWithNames or JSONEachRow.`,
    );
  if (sql.length > STATEMENT_LENGTH_MAX)
    throw new TaktError('QUERY_LIMIT', `the statement has ${sql.length} characters; at most ${STATEMENT_LENGTH_MAX}.`);
  const statement = sql.trim().replace(/;\s*$/, '');
  const bare = statement.replaceAll(QUIET, ' ');
  if (!READING.test(bare))
    throw refusal(`the statement begins with ${JSON.stringify(bare.trim().split(/\s+/)[0]?.slice(0, 20) ?? '')}`);
  if (bare.includes(';')) throw refusal('there is more than one statement');
  if (namesOutfile(statement, bare)) throw refusal('INTO OUTFILE writes a file');
  if (/\bFORMAT\s+\w+\s*$/i.test(bare))
    throw new TaktError('PARAMETER_INVALID', 'the statement ends with FORMAT; give the format with --format instead.');
  if (/\bSETTINGS\s+\w+\s*=/i.test(bare)) throw refusal('SETTINGS would change the limits');
  return statement;
}

/**
 * ClickHouse knows more literals, comments and spaces than QUIET does, and text between two of them may hide a
 * keyword from it. With any of them outside of a plain literal, the word counts wherever it stands.
 */
function namesOutfile(statement: string, bare: string): boolean {
  return /outfile/i.test(UNUSUAL.test(bare) ? statement : bare);
}

function refusal(what: string): TaktError {
  return new TaktError(
    'QUERY_NOT_READ_ONLY',
    `${what}; takt query only reads.\nAllowed: one SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS statement.`,
  );
}

/** What a user's query reads, and its limits: time, bytes of memory, rows. */
export const USER_QUERY_SETTINGS = {
  // Of rows that are stored again, after a crash for example, the newest only, also before the engine has merged them.
  final: 1,
  max_execution_time: 30,
  max_memory_usage: '2000000000',
  max_result_rows: '1000000',
  result_overflow_mode: 'throw',
} as const;

const LIMIT_TYPES = new Set([
  'TOO_MANY_ROWS',
  'TOO_MANY_ROWS_OR_BYTES',
  'TOO_MANY_BYTES',
  'TIMEOUT_EXCEEDED',
  'TOO_SLOW',
  'MEMORY_LIMIT_EXCEEDED',
]);
const WRITE_TYPES = new Set(['READONLY', 'ACCESS_DENIED']);

/** What went wrong in a user's query, in one line, with the code that fits ClickHouse's name of the error. */
export function userQueryError(error: unknown): TaktError {
  if (error instanceof TaktError) return error;
  const { message, type } = error as { readonly message: string; readonly type?: string };
  const text = (message.split('\n')[0] ?? '').trim().slice(0, 500);
  if (type !== undefined && WRITE_TYPES.has(type))
    return new TaktError('QUERY_NOT_READ_ONLY', `the statement writes; takt query only reads. ${text}`, {
      cause: error,
    });
  if (type !== undefined && LIMIT_TYPES.has(type)) {
    return new TaktError(
      'QUERY_LIMIT',
      `the query passed a limit (30 s, 2 GB, 1,000,000 rows): ${text}\nAdd WHERE or LIMIT.`,
      { cause: error },
    );
  }
  return new TaktError('QUERY_FAILED', text, { cause: error });
}
