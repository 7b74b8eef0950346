import { TaktError } from '../core/errors.ts';
import type { DeadLetter, LetterCells, Redrive } from '../core/messages.ts';

const FIELDS = ['id', 'workflow', 'source', 'code', 'reason', 'rawBase64'] as const satisfies (keyof DeadLetter)[];
const REDRIVE_FIELDS = ['id', 'way', 'outcome', 'code', 'reason'] as const satisfies (keyof Redrive)[];

/** A record of [dead-letters] as JSON: it must be readable whatever schemas were in force when it was written. */
export function encodeDeadLetter(letter: DeadLetter | Redrive): Uint8Array {
  return Buffer.from(JSON.stringify(letter));
}

/** Reads what `encodeDeadLetter` wrote. Throws RECORD_UNREADABLE. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter | Redrive {
  let letter: unknown;
  try {
    letter = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new TaktError('RECORD_UNREADABLE', `a record of ${bytes.length} bytes in [dead-letters] is not JSON`, {
      cause: error,
    });
  }
  const fields = Object(letter) as Record<string, unknown>;
  const isRedrive = fields['type'] === 'redrive';
  for (const name of isRedrive ? REDRIVE_FIELDS : FIELDS) {
    if (typeof fields[name] === 'string') continue;
    throw unreadable(bytes, `no text called ${name}`);
  }
  if (isRedrive) {
    for (const name of ['timeMs', 'events'] as const)
      if (!Number.isSafeInteger(fields[name])) throw unreadable(bytes, `no whole number called ${name}`);
    return letter as Redrive;
  }
  const { eventMs = null, cells = null } = fields;
  if (eventMs !== null && !Number.isSafeInteger(eventMs)) throw unreadable(bytes, 'an event time that is no integer');
  if (cells !== null && !isLetterCells(cells)) throw unreadable(bytes, 'cells that are none');
  return letter as DeadLetter;
}

/** Whether a value of JSON is the cells of a row. */
export function isLetterCells(value: unknown): value is LetterCells {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, headers, cells, ordinal } = value as Partial<Record<keyof LetterCells, unknown>>;
  return (
    (kind === 'csv' || kind === 'xes') &&
    isTexts(headers) &&
    isTexts(cells) &&
    headers.length === cells.length &&
    Number.isSafeInteger(ordinal) &&
    (ordinal as number) >= 1
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function unreadable(bytes: Uint8Array, what: string): TaktError {
  return new TaktError('RECORD_UNREADABLE', `a record of ${bytes.length} bytes in [dead-letters] has ${what}`);
}
