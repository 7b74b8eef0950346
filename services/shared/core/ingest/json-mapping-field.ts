import { compileDateFormats, type ReadDate } from './date-format.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import type { ErrorCode } from '../errors.ts';
import { CORRECT, VOID, type WorkflowEvent } from '../event.ts';
import { JSON_NUMBER_DIGITS_MAX } from './json-limits.ts';
import { EVENT_TIME_MAX_MS, EVENT_TIME_MIN_MS } from './mapping-row.ts';

/** Most characters of a case, an activity, an id, or the name or value of a dimension. */
export const TEXT_CHARS_MAX = 4_096;
/** Most dimensions of one event. */
export const DIMENSIONS_MAX = 200;

/** Why an item of a request is no event. */
export interface Rejection {
  readonly code: ErrorCode;
  /** The field as the sender knows it; empty for the whole item. */
  readonly field: string;
  readonly reason: string;
}

/** How a time is written. */
export type TimeFormat = 'rfc3339' | 'epoch-ms' | 'epoch-s';

/** What was found in an item, not yet checked. Absent parts are undefined or null. */
export interface FoundEvent {
  readonly caseId: unknown;
  readonly id: unknown;
  readonly activity: unknown;
  readonly time: unknown;
  readonly timeFormat: TimeFormat;
  /** Reads times without an offset; absent or null: they are refused. */
  readonly readLocal?: ReadDate | null;
  readonly value: unknown;
  readonly dimensions: unknown;
  readonly target: unknown;
  /** For a correction, the activity of the event as corrected. */
  readonly as: unknown;
}

/** How the sender calls each part. */
export type FieldNames = Readonly<Record<Exclude<keyof FoundEvent, 'timeFormat' | 'readLocal'>, string>>;

class Refusal extends Error {
  readonly rejection: Rejection;

  constructor(field: string, reason: string) {
    super(reason);
    this.rejection = { code: 'EVENT_INVALID', field, reason };
  }
}

const readIso = compileDateFormats(['iso'], 'UTC');
/** An ISO time with seconds and offset. */
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,18})?([Zz]|[+-]\d\d:\d\d)$/;
/** The same without an offset. */
const LOCAL = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,18})?$/;
const readEpochMs = compileDateFormats(['epoch-ms'], 'UTC');
const readEpochS = compileDateFormats(['epoch-s'], 'UTC');
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Milliseconds UTC of an RFC 3339 time, finer digits cut; null when it is none or there is no such date. */
export function readRfc3339(text: string): number | null {
  return RFC3339.test(text) ? readIso(text) : null;
}

/** Checks what was found; gives the event, or why it is none. */
export function toEvent(workflow: string, found: FoundEvent, names: FieldNames): WorkflowEvent | Rejection {
  try {
    const caseId = textOf(names.caseId, found.caseId);
    const id = textOf(names.id, found.id);
    const activity = textOf(names.activity, found.activity);
    const kind = activity === CORRECT ? 'correct' : activity === VOID ? 'void' : 'event';
    const target = isAbsent(found.target) ? null : textOf(names.target, found.target);
    if (kind === 'correct' && target === null)
      refuse(names.target, `it must be the id of the event that '${CORRECT}' replaces`);
    return {
      workflow,
      caseId,
      id,
      kind,
      activity: kind === 'void' ? '' : kind === 'correct' ? correctedActivity(names.as, found.as) : activity,
      timeMs: timeOf(names.time, found.time, found.timeFormat, found.readLocal ?? null),
      dimensions: dimensionsOf(names.dimensions, found.dimensions),
      value: valueOf(names.value, found.value),
      target: kind === 'event' ? null : target,
      importId: null,
    };
  } catch (error) {
    if (error instanceof Refusal) return error.rejection;
    throw error;
  }
}

/** Whether an item became an event. */
export function isRejection(read: WorkflowEvent | Rejection): read is Rejection {
  return 'reason' in read;
}

function refuse(field: string, reason: string): never {
  throw new Refusal(field, reason);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** A text; an exact number is taken as its digits, because ids of tickets often are numbers. */
function textOf(field: string, value: unknown): string {
  if (isAbsent(value)) refuse(field, 'it is missing');
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(field, TOO_LONG_NUMBER);
    return String(value);
  }
  if (typeof value !== 'string' || value === '') refuse(field, 'it must be a text that is not empty');
  checkText(field, value);
  return value;
}

const TOO_LONG_NUMBER = `a number of more than ${JSON_NUMBER_DIGITS_MAX} digits must be sent as a JSON string`;

function checkText(field: string, text: string): void {
  if (text.length > TEXT_CHARS_MAX) refuse(field, `it has ${text.length} characters; at most ${TEXT_CHARS_MAX}`);
  // It has no UTF-8 form: two different ids would be stored as one.
  if (LONE_SURROGATE.test(text)) refuse(field, 'it holds half of a surrogate pair, which is no Unicode text');
}

function correctedActivity(field: string, value: unknown): string {
  const activity = textOf(field, value);
  if (activity === CORRECT || activity === VOID) refuse(field, `a correction cannot be '${activity}' itself`);
  return activity;
}

function timeOf(field: string, value: unknown, format: TimeFormat, readLocal: ReadDate | null): number {
  if (isAbsent(value)) refuse(field, 'it is missing');
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') refuse(field, `it must be a time (${TIME_ALLOWED[format]})`);
  const timeMs = readLocal !== null && LOCAL.test(text) ? readLocal(text) : READ_TIME[format](text);
  if (timeMs === null) refuse(field, `it must be ${TIME_ALLOWED[format]}, not ${shown(text)}`);
  if (timeMs < EVENT_TIME_MIN_MS || timeMs > EVENT_TIME_MAX_MS)
    refuse(field, `it must be between 1900-01-01 and 2286-11-20, not ${shown(text)}`);
  return timeMs;
}

const READ_TIME: Readonly<Record<TimeFormat, (text: string) => number | null>> = {
  rfc3339: readRfc3339,
  'epoch-ms': readEpochMs,
  'epoch-s': readEpochS,
};
const TIME_ALLOWED: Readonly<Record<TimeFormat, string>> = {
  rfc3339: 'an RFC 3339 time with an offset such as 2026-03-01T09:30:00Z',
  'epoch-ms': 'milliseconds since 1970',
  'epoch-s': 'seconds since 1970',
};

function valueOf(field: string, value: unknown): Decimal | null {
  if (isAbsent(value)) return null;
  if (typeof value === 'number' && !Number.isFinite(value)) refuse(field, TOO_LONG_NUMBER);
  const decimal = typeof value === 'number' || typeof value === 'string' ? parseDecimal(String(value)) : null;
  return decimal ?? refuse(field, 'it must be a decimal such as -12.50, of at most 76 digits');
}

function dimensionsOf(field: string, value: unknown): Record<string, string> {
  if (isAbsent(value)) return {};
  if (typeof value !== 'object' || Array.isArray(value)) refuse(field, 'it must be an object of texts');
  const entries = Object.entries(value as object).filter(([, part]) => !isAbsent(part) && part !== '');
  if (entries.length > DIMENSIONS_MAX) refuse(field, `it has ${entries.length} entries; at most ${DIMENSIONS_MAX}`);
  return Object.fromEntries(
    entries.map(([name, part]): [string, string] => {
      const place = `${field}.${name}`;
      // Some readers of records would take it for the record's prototype.
      if (name === '__proto__') refuse(place, 'a dimension cannot have this name');
      checkText(place, name);
      if (typeof part === 'boolean') return [name, String(part)];
      if (typeof part !== 'string' && typeof part !== 'number')
        refuse(place, 'it must be a text, a number or a boolean');
      return [name, textOf(place, part)];
    }),
  );
}

const SHOWN_CHARS_MAX = 60;

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX - 1)}…` : text);
}
