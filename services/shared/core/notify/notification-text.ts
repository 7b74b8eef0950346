import { Temporal } from 'temporal-polyfill';
import { OTHER_LABEL } from '../measure/labels.ts';
import type { NotificationDetails, NotifiedInstance } from './notification.ts';

/** Longest body in UTF-8; the narrowest robots take 4,096 bytes. */
export const BODY_BYTES_MAX = 4_000;
/** Longest title; a longer one is cut. */
const TITLE_CHARS_MAX = 200;
/** Longest label value that is shown. */
const LABEL_CHARS_MAX = 60;
/** Bytes kept free for saying how many lines did not fit. */
const REST_BYTES = 40;
/** Label sets that a title names. */
const TITLE_LABELS_MAX = 2;

/** How people call a KPI. */
export interface KpiWords {
  readonly name: string;
  /** Such as `minutes`; empty: none. */
  readonly unit: string;
  /** Time zone that times are shown in, such as `Europe/Rome`. */
  readonly zone: string;
}

/** A notification in words: a title of one line, and a line per instance, at most BODY_BYTES_MAX. */
export function notificationText(
  details: NotificationDetails,
  words: KpiWords,
): { readonly title: string; readonly body: string } {
  const { type, rule, severity, firing, firingCount, resolved, resolvedCount } = details;
  if (type === 'test') return { title: 'takt: a test', body: 'This channel works. Nothing is wrong.' };
  const fires = type === 'alert.firing';
  const named = fires ? firing : resolved;
  const more = (fires ? firingCount : resolvedCount) - Math.min(named.length, TITLE_LABELS_MAX);
  const who = named
    .slice(0, TITLE_LABELS_MAX)
    .map(labelsText)
    .filter((text) => text !== '');
  const list = [...who, ...(more > 0 ? [`${more} more`] : [])].join('; ');
  const title = `[${severity}] ${rule} ${fires ? 'fires' : 'is over'}${list === '' ? '' : `: ${list}`}`;
  const lines = [
    ...section(
      firing,
      firingCount,
      (each) => `fires: ${instanceText(each, words)}, since ${timeText(each.sinceMs, words.zone)}`,
    ),
    ...section(resolved, resolvedCount, (each) => `over: ${instanceText(each, words)}${endText(each, words)}`),
  ];
  return { title: cut(oneLine(title), TITLE_CHARS_MAX), body: joined(lines) };
}

function section(
  listed: readonly NotifiedInstance[],
  count: number,
  line: (instance: NotifiedInstance) => string,
): string[] {
  const lines = listed.map((each) => oneLine(line(each)));
  return count > listed.length ? [...lines, `… and ${count - listed.length} more`] : lines;
}

function instanceText(instance: NotifiedInstance, { name, unit }: KpiWords): string {
  const { value, target, samples, provisional } = instance;
  const labels = labelsText(instance);
  const measured = value === null ? 'no value' : `${numberText(value)}${unit === '' ? '' : ` ${unit}`}`;
  const aim = target === null ? '' : `, target ${numberText(target)}`;
  const early = provisional ? ', provisional' : '';
  return `${name}${labels === '' ? '' : ` (${labels})`} ${measured}${aim}, ${samples} ${samples === 1 ? 'sample' : 'samples'}${early}`;
}

function endText({ timeMs, reason }: NotifiedInstance, { zone }: KpiWords): string {
  const when = timeMs === 0 ? '' : `, at ${timeText(timeMs, zone)}`;
  return reason === '' ? when : `${when}: ${reason}`;
}

function labelsText({ labels }: NotifiedInstance): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name} ${value === OTHER_LABEL ? 'other' : cut(value, LABEL_CHARS_MAX)}`)
    .join(', ');
}

/** Six digits are enough for people; the exact value goes to programs. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** `2026-11-25 11:00 Asia/Shanghai`. */
function timeText(timeMs: number, zone: string): string {
  const wall = Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(zone).toPlainDateTime();
  return `${wall.toString({ smallestUnit: 'minute' }).replace('T', ' ')} ${zone}`;
}

/** What would break a line, or turn its direction, is a space. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  // Half of a surrogate pair is no character.
  return `${text.slice(0, charsMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The lines that fit, whole, and how many do not. */
function joined(lines: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > BODY_BYTES_MAX - REST_BYTES)
      return [...kept, `… and ${lines.length - kept.length} more lines`].join('\n');
    kept.push(line);
  }
  return kept.join('\n');
}
