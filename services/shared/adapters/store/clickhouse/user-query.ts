import { TaktError } from '../../../core/errors.ts';

/** String literals, quoted identifiers and comments: words in them mean nothing. */
const QUIET = /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|--[^\n]*|\/\*[\s\S]*?\*\//g;
const FORMAT_NAME = /^[A-Za-z0-9]{1,40}$/;
const READING = /^\s*(?:\(|SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|EXISTS)\b|^\s*\(/i;

/**
 * Checks a user's statement before the engine sees it, and gives it without a closing semicolon. The engine refuses
 * writes itself (readonly), but not INTO OUTFILE, which writes a file all the same.
 * Throws QUERY_NOT_READ_ONLY or PARAMETER_INVALID.
 */
export function checkUserQuery(sql: string, format: string): string {
  if (!FORMAT_NAME.test(format))
    throw new TaktError(
      'PARAMETER_INVALID',
      `format ${JSON.stringify(format.slice(0, 40))} is no format name; try PrettyCompact, CSVWithNames or JSONEachRow.`,
    );
  const statement = sql.trim().replace(/;\s*$/, '');
  const bare = statement.replaceAll(QUIET, ' ');
  const refuse = (what: string): TaktError =>
    new TaktError(
      'QUERY_NOT_READ_ONLY',
      `${what}; takt query only reads.\nAllowed: one SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS statement.`,
    );
  if (!READING.test(bare))
    throw refuse(`the statement begins with ${JSON.stringify(bare.trim().split(/\s+/)[0]?.slice(0, 20) ?? '')}`);
  if (/;/.test(bare)) throw refuse('there is more than one statement');
  if (/\bINTO\s+OUTFILE\b/i.test(bare)) throw refuse('INTO OUTFILE writes a file');
  if (/\bFORMAT\s+\w+\s*$/i.test(bare))
    throw new TaktError('PARAMETER_INVALID', 'the statement ends with FORMAT; give the format with --format instead.');
  if (/\bSETTINGS\b/i.test(bare)) throw refuse('SETTINGS would change the limits');
  return statement;
}

/** What went wrong in a user's query, in one line, with the code that fits. */
export function userQueryError(error: unknown): TaktError {
  if (error instanceof TaktError) return error;
  const text = ((error as Error).message.split('\n')[0] ?? '').slice(0, 500);
  if (/READONLY|readonly mode|ACCESS_DENIED/i.test(text))
    return new TaktError('QUERY_NOT_READ_ONLY', `the statement writes; takt query only reads. ${text}`, {
      cause: error,
    });
  if (/TOO_MANY_ROWS|TIMEOUT_EXCEEDED|MEMORY_LIMIT|Limit for result exceeded/i.test(text)) {
    return new TaktError(
      'QUERY_LIMIT',
      `the query passed a limit (30 s, 2 GB, 1,000,000 rows): ${text}\nAdd WHERE or LIMIT.`,
      { cause: error },
    );
  }
  return new TaktError('QUERY_FAILED', text, { cause: error });
}
