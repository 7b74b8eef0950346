import type { TumblingUnit, WindowSpec } from '../../shared/core/definition.ts';
import type { Judgement } from '../../shared/core/alert/judgement.ts';
import type { KpiFace, TileFrame } from '../../shared/core/screen/wall-message.ts';
import type { NamedShift } from '../../shared/core/calendar/calendar.ts';
import type { Language } from './language.ts';

/** What stands where there is no number. */
export const NO_VALUE = '–';

/** From here on a number is shown short: 1.23M, 123万. In a table, where there is less room, from SHORT_IN_TABLE. */
const SHORT_FROM = 1_000_000;
const SHORT_IN_TABLE = 10_000;

/** How a number is shown where that differs: from where on short, and with how many more digits. */
export interface Manner {
  readonly shortFrom?: number;
  readonly more?: number;
}

/** How a tile shows its numbers. */
export function mannerOf(kind: TileFrame['kind']): Manner {
  return kind === 'table' ? { shortFrom: SHORT_IN_TABLE } : {};
}

/** A value as it stands on a screen, without its unit: about three digits, always as many behind the point. */
export function formatValue(
  value: number | null,
  face: Pick<KpiFace, 'percent' | 'fixed'>,
  language: Language,
  { shortFrom = SHORT_FROM, more = 0 }: Manner = {},
): string {
  if (value === null) return NO_VALUE;
  const shown = face.percent ? value * 100 : value;
  const size = Math.abs(shown);
  if (size >= shortFrom)
    return new Intl.NumberFormat(language, { notation: 'compact', maximumSignificantDigits: 3 } as object).format(
      shown,
    );
  const most = more + (face.percent ? 1 : size >= 100 ? 0 : size >= 10 ? 1 : 2);
  const least = face.fixed ? most : 0;
  return new Intl.NumberFormat(language, { minimumFractionDigits: least, maximumFractionDigits: most }).format(shown);
}

/** Digits that are added at most. */
const MORE_MAX = 2;

/** A value that missed its target never reads like the target: then it has more digits. */
export function formatJudged(
  value: number | null,
  face: KpiFace,
  judgement: Judgement | null,
  language: Language,
  { shortFrom = SHORT_FROM }: Pick<Manner, 'shortFrom'> = {},
): string {
  const text = formatValue(value, face, language, { shortFrom });
  if (judgement === null || judgement === 'good') return text;
  for (let more = 0; more <= MORE_MAX; more++) {
    const longer = formatValue(value, face, language, { shortFrom, more });
    if (longer !== formatValue(face.target, { ...face, fixed: true }, language, { shortFrom, more })) return longer;
  }
  return text;
}

/** A target or baseline with what makes it one: `≤ 30`. */
export function formatTarget(target: number, face: KpiFace, language: Language): string {
  const sign = face.better === 'lower' ? '≤ ' : face.better === 'higher' ? '≥ ' : '';
  return `${sign}${formatValue(target, { percent: face.percent, fixed: false }, language)}${face.percent ? '%' : ''}`;
}

const UNITS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {},
  'zh-CN': { ms: '毫秒', s: '秒', min: '分钟', h: '小时', d: '天' },
};

/** A unit of time in the language; any other as the catalogue has it. */
export function formatUnit(unit: string, language: Language): string {
  return UNITS[language][unit] ?? unit;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** An age with its greatest unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatAge(ageMs: number, language: Language): string {
  const age = Math.max(0, ageMs);
  const [size, unit] =
    age < MINUTE_MS
      ? ([SECOND_MS, 's'] as const)
      : age < HOUR_MS
        ? ([MINUTE_MS, 'min'] as const)
        : age < 2 * DAY_MS
          ? ([HOUR_MS, 'h'] as const)
          : ([DAY_MS, 'd'] as const);
  return `${Math.floor(age / size)} ${formatUnit(unit, language)}`;
}

/** Hours and minutes in a zone; with the date where it is another day than `nowMs`. */
export function formatTime(ms: number, nowMs: number, timezone: string, language: Language): string {
  const day = (at: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(at);
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: timezone };
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(localeOf(language), day(ms) === day(nowMs) ? time : { ...time, ...date }).format(ms);
}

/** The day of an instant in a zone. */
export function formatDay(ms: number, timezone: string, language: Language): string {
  return new Intl.DateTimeFormat(localeOf(language), { day: 'numeric', month: 'short', timeZone: timezone }).format(ms);
}

const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
const MONTH: Intl.DateTimeFormatOptions = { month: 'short', year: 'numeric' };
const PERIODS: Readonly<Record<TumblingUnit, Intl.DateTimeFormatOptions>> = {
  hour: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: DAY,
  week: DAY,
  month: MONTH,
  quarter: MONTH,
  year: { year: 'numeric' },
  'fiscal-month': MONTH,
  'fiscal-quarter': MONTH,
  'fiscal-year': MONTH,
};

/** A calendar window as people name it in its zone: `11:00–12:00`, `2 Mar`, `2–8 Mar`, `Jan–Mar 2026`. */
export function formatPeriod(
  { unit, zone, fiscalWeeks }: Extract<WindowSpec, { readonly kind: 'tumbling' }>,
  startMs: number,
  endMs: number,
  language: Language,
): string {
  // Of whole weeks, in months of which they are parts.
  const parts = fiscalWeeks === undefined ? PERIODS[unit] : { ...DAY, ...MONTH };
  const format = new Intl.DateTimeFormat(localeOf(language), { ...parts, timeZone: zone });
  if (unit === 'hour') return `${format.format(startMs)}–${format.format(endMs)}`;
  // The last day belongs to the window, the instant at which it ends does not.
  return format.formatRange(startMs, endMs - 1);
}

/** A shift as people name it: `night, 27 Nov`. */
export function formatShift({ name, date }: NamedShift, language: Language): string {
  const day = new Intl.DateTimeFormat(localeOf(language), { ...DAY, timeZone: 'UTC' }).format(Date.parse(date));
  return language === 'en' ? `${name}, ${day}` : `${day} ${name}`;
}

/** British English: the day before the month, 24 hours. */
function localeOf(language: Language): string {
  return language === 'en' ? 'en-GB' : language;
}
