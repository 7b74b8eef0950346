import { TaktError } from '../errors.ts';
import { daysOfDate, wallTimeOf } from '../calendar/wall-time.ts';

/** Milliseconds UTC of a text, or null when none of the formats fits it or there is no such date. */
export type ReadDate = (text: string) => number | null;

/** Milliseconds UTC of a wall time; null without a zone. */
type ToUtc = (wallMs: number) => number | null;

type Field =
  | 'year'
  | 'year2'
  | 'month'
  | 'monthName'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half'
  | 'offset';

interface Shape {
  readonly pattern: RegExp;
  /** What each group of the pattern holds. */
  readonly fields: readonly Field[];
}

const HOUR_MS = 3_600_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const OFFSET = '(Z|[+-]\\d{2}(?::?\\d{2})?)';
const ISO: Shape = {
  pattern: new RegExp(
    `^(\\d{4})-(\\d{2})-(\\d{2})(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,18}))?)?\\s?${OFFSET}?)?$`,
    'i',
  ),
  fields: ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction', 'offset'],
};
const TOKENS: Readonly<Record<string, readonly [Field, string]>> = {
  yyyy: ['year', '(\\d{4})'],
  yy: ['year2', '(\\d{2})'],
  MMM: ['monthName', `(${MONTHS.join('|')})`],
  MM: ['month', '(\\d{2})'],
  M: ['month', '(\\d{1,2})'],
  dd: ['day', '(\\d{2})'],
  d: ['day', '(\\d{1,2})'],
  HH: ['hour', '(\\d{2})'],
  H: ['hour', '(\\d{1,2})'],
  hh: ['hour12', '(\\d{2})'],
  h: ['hour12', '(\\d{1,2})'],
  mm: ['minute', '(\\d{2})'],
  m: ['minute', '(\\d{1,2})'],
  ss: ['second', '(\\d{2})'],
  s: ['second', '(\\d{1,2})'],
  a: ['half', '([ap]m)'],
  Z: ['offset', OFFSET],
  X: ['offset', OFFSET],
  XXX: ['offset', OFFSET],
};

/** What a date format may be, for messages. */
export const DATE_FORMATS_ALLOWED =
  "iso, epoch-ms, epoch-s, or a pattern of yyyy yy MMM MM M dd d HH H hh h mm m ss s SSS a XXX with other letters in '…'";

/**
 * Compiles a list of formats, tried in order. Wall times without an offset are read in `zone` (an IANA name), or, where
 * that is null, not at all. Reading is strict: 31 February and 24:00 are no times; digits finer than milliseconds are cut. Two-digit years stand for
 * 1969 to 2068. Throws MAPPING_INVALID for a format that is none.
 */
export function compileDateFormats(formats: readonly string[], zone: string | null): ReadDate {
  const toUtc = zone === null ? () => null : wallTimeOf(zone);
  const readers = formats.map((format) => reader(format, toUtc));
  return (text) => {
    const trimmed = text.trim();
    for (const read of readers) {
      const timeMs = read(trimmed);
      if (timeMs !== null) return timeMs;
    }
    return null;
  };
}

/** Why a text is no date format; null when it is one. */
export function dateFormatProblem(format: string): string | null {
  if (format === 'iso' || format === 'epoch-ms' || format === 'epoch-s') return null;
  const shape = shapeOf(format);
  return typeof shape === 'string' ? shape : null;
}

function reader(format: string, toUtc: ToUtc): ReadDate {
  if (format === 'epoch-ms') return (text) => readEpoch(text, 1);
  if (format === 'epoch-s') return (text) => readEpoch(text, 1000);
  const shape = format === 'iso' ? ISO : shapeOf(format);
  if (typeof shape === 'string') {
    throw new TaktError('MAPPING_INVALID', `The date format '${format}': ${shape}; allowed: ${DATE_FORMATS_ALLOWED}.`);
  }
  return (text) => {
    const match = shape.pattern.exec(text);
    return match === null ? null : readMatch(match, shape.fields, toUtc);
  };
}

function readEpoch(text: string, unitMs: 1 | 1000): number | null {
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null) return null;
  const fraction = unitMs === 1000 ? milliseconds(match[3]) : 0;
  const sizeMs = Number(match[2]) * unitMs + fraction;
  if (!Number.isSafeInteger(sizeMs)) return null;
  return match[1] === '-' ? 0 - sizeMs : sizeMs;
}

function readMatch(match: RegExpExecArray, fields: readonly Field[], toUtc: ToUtc): number | null {
  let year = 0;
  let month = 0;
  let day = 0;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let fractionMs = 0;
  let half: string | null = null;
  let offsetMs: number | null | undefined;
  for (let i = 0; i < fields.length; i++) {
    const text = match[i + 1];
    if (text === undefined) continue;
    switch (fields[i]!) {
      case 'year':
        year = Number(text);
        break;
      case 'year2':
        year = Number(text) + (Number(text) < 69 ? 2000 : 1900);
        break;
      case 'month':
        month = Number(text);
        break;
      case 'monthName':
        month = MONTHS.indexOf(text.toLowerCase()) + 1;
        break;
      case 'day':
        day = Number(text);
        break;
      case 'hour':
        hour = Number(text);
        break;
      case 'hour12':
        hour = Number(text);
        if (hour < 1 || hour > 12) return null;
        break;
      case 'minute':
        minute = Number(text);
        break;
      case 'second':
        second = Number(text);
        break;
      case 'fraction':
        fractionMs = milliseconds(text);
        break;
      case 'half':
        half = text.toLowerCase();
        break;
      case 'offset':
        offsetMs = offsetOf(text);
        break;
    }
  }
  if (half !== null) hour = (hour % 12) + (half === 'pm' ? 12 : 0);
  const days = daysOfDate(year, month, day);
  if (days === null || hour > 23 || minute > 59 || second > 59 || offsetMs === null) return null;
  const wallMs = days * 24 * HOUR_MS + hour * HOUR_MS + minute * 60_000 + second * 1000 + fractionMs;
  return offsetMs === undefined ? toUtc(wallMs) : wallMs - offsetMs;
}

/** The first three digits behind a point; finer ones are cut. */
function milliseconds(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.slice(0, 3).padEnd(3, '0'));
}

function offsetOf(text: string): number | null {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  if (hours > 18 || minutes > 59) return null;
  return (text.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * 60_000);
}

/** The compiled pattern, or why the format is none. */
function shapeOf(format: string): Shape | string {
  const fields: Field[] = [];
  let pattern = '';
  for (const [piece] of format.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^]/g)) {
    if (/^[A-Za-z]/.test(piece)) {
      const token: readonly [Field, string] | undefined = /^S+$/.test(piece)
        ? ['fraction', `(\\d{${piece.length}})`]
        : Object.hasOwn(TOKENS, piece)
          ? TOKENS[piece]
          : undefined;
      if (token === undefined) return `'${piece}' is not known`;
      if (fields.includes(token[0])) return `'${piece}' gives the ${token[0]} a second time`;
      fields.push(token[0]);
      pattern += token[1];
    } else if (piece === "'") return 'a quote is not closed';
    else pattern += escaped(piece.startsWith("'") ? unquoted(piece) : piece);
  }
  const missing = missingField(new Set(fields));
  return missing ?? { pattern: new RegExp(`^${pattern}$`, 'i'), fields };
}

function missingField(has: ReadonlySet<Field>): string | null {
  if (has.has('year') === has.has('year2')) return has.has('year') ? 'it has two years' : 'it has no year';
  if (has.has('month') === has.has('monthName')) return has.has('month') ? 'it has two months' : 'it has no month';
  if (!has.has('day')) return 'it has no day';
  if (has.has('hour') && has.has('hour12')) return 'it has two hours';
  if (has.has('hour12') !== has.has('half')) return "'h' and 'a' (am or pm) go together; for 0 to 23 use 'H'";
  return null;
}

function unquoted(piece: string): string {
  return piece === "''" ? "'" : piece.slice(1, -1).replaceAll("''", "'");
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
