import type { ErrorCode } from '../errors.ts';

const SHOWN_CHARS_MAX = 60;

/** Ends the mapping of a row that cannot be mapped; its message is the reason. Never leaves mapping-row.ts. */
export class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Throws a Refusal. */
export function refuse(reason: string, code: ErrorCode = 'ROW_INVALID'): never {
  throw new Refusal(code, reason);
}

/** A text of the file in quotes, cut where it is long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX - 1)}…` : text);
}
