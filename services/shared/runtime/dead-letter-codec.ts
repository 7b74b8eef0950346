import { TaktError } from '../core/errors.ts';
import type { DeadLetter, HeldEvent, LetterCells, LetterContent, Redrive } from '../core/messages.ts';

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
  const { content } = fields;
  if (content !== undefined && !isLetterContent(content)) throw unreadable(bytes, 'a content that is none');
  return letter as DeadLetter;
}

/** Whether a value of JSON is what could be read of a dead letter. */
export function isLetterContent(value: unknown): value is LetterContent {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return value.kind === 'event' ? isHeldEvent(value) : isLetterCells(value);
}

function isHeldEvent(value: object): value is HeldEvent {
  const { caseId, id, eventKind, activity, timeMs, dimensions, value: amount, target } = value as Unknown<HeldEvent>;
  const isText = (each: unknown): boolean => typeof each === 'string';
  return (
    [caseId, id, activity].every(isText) &&
    (eventKind === 'event' || eventKind === 'correct' || eventKind === 'void') &&
    Number.isSafeInteger(timeMs) &&
    typeof dimensions === 'object' &&
    dimensions !== null &&
    Object.values(dimensions).every(isText) &&
    [amount, target].every((each) => each === null || isText(each))
  );
}

type Unknown<T> = Partial<Record<keyof T, unknown>>;

function isLetterCells(value: object): value is LetterCells {
  const { kind, headers, cells, ordinal } = value as Unknown<LetterCells>;
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
