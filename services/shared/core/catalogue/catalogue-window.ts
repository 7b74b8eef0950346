import type { Calendar, WorkingHours } from '../calendar/calendar.ts';
import { findCalendar } from './catalogue-calendar.ts';
import { readDuration } from './catalogue-duration.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf, textsOf } from './catalogue-read.ts';
import { readZone } from './catalogue-zone.ts';
import type { Measure, TumblingUnit, WindowSpec } from '../definition.ts';
import { SLICES_PER_WINDOW_MAX, type TumblingWindow } from '../window/window.ts';
import { isStep, type ToDateWindow, unitMsMax } from '../window/window-to-date.ts';

const CALENDAR_UNITS: readonly string[] = ['hour', 'day', 'week', 'month', 'quarter', 'year'] satisfies TumblingUnit[];
const FISCAL_UNITS: readonly string[] = ['fiscal-month', 'fiscal-quarter', 'fiscal-year'] satisfies TumblingUnit[];
/** How often a level is taken when the catalogue does not say. */
const LEVEL_EVERY_MS = 60_000;
const FORMS =
  '{ rolling: 4h, every: 1m }, { tumbling: day }, { shift: CALENDAR }, { to_date: month, every: 1d }, or total';

const WITHIN_FORMS = FORMS.replace(', or total', '').replace(', { to', ', or { to');

/** What windows are read against. */
export interface WindowScope {
  /** Zone of tumbling windows that name none. */
  readonly zone: string;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly problems: Problems;
}

/** The window of a KPI of this measure; null when there is a problem. `path` is the window's. */
export function readWindow(
  value: unknown,
  path: Path,
  measure: Measure['kind'],
  scope: WindowScope,
): WindowSpec | null {
  const { problems } = scope;
  if (measure === 'open') return readLevel(value, path, problems);
  if (value === 'total' && measure === 'within')
    return problems.add(path, 'a total would count limits that are not past yet', WITHIN_FORMS);
  if (value === 'total' && measure === 'state')
    return problems.add(path, 'a total never ends, and what lasts is told up to the end of a window', WITHIN_FORMS);
  if (value === 'total') return { kind: 'total' };
  const map = mapOf(value);
  if (map === null) return null;
  const keys = Object.keys(map);
  if (keys.includes('rolling') && keys.every((key) => key === 'rolling' || key === 'every')) {
    return readRolling(map, path, problems);
  }
  if (keys.includes('tumbling') && !keys.includes('rolling') && !keys.includes('every') && !keys.includes('to_date')) {
    return readUnit(map['tumbling'], map, path, scope);
  }
  if (keys.includes('to_date') && !keys.includes('rolling') && !keys.includes('tumbling')) {
    return readToDate(map, path, scope);
  }
  if (keys.includes('shift') && keys.every((key) => key === 'shift' || key === 'only')) {
    return readShift(map, 'shift', path, scope);
  }
  return problems.add(path, `a window of ${keys.join(' and ') || 'nothing'} does not exist here`, FORMS);
}

function readLevel(value: unknown, path: Path, problems: Problems): WindowSpec | null {
  if (value === undefined) return { kind: 'instant', everyMs: LEVEL_EVERY_MS };
  const map = mapOf(value);
  const keys = map === null ? [] : Object.keys(map);
  if (map === null || keys.some((key) => key !== 'every') || keys.length === 0) {
    return problems.add(path, 'an open measure is a level: it is taken at instants and has no window', '{ every: 1m }');
  }
  const everyMs = positive(map['every'], [...path, 'every'], problems);
  return everyMs === null ? null : { kind: 'instant', everyMs };
}

function readRolling(map: Readonly<Record<string, unknown>>, path: Path, problems: Problems): WindowSpec | null {
  if (map['every'] === undefined) {
    return problems.add(path, 'a rolling window needs every, the step at which it is evaluated', FORMS);
  }
  const sizeMs = positive(map['rolling'], [...path, 'rolling'], problems);
  const everyMs = positive(map['every'], [...path, 'every'], problems);
  if (sizeMs === null || everyMs === null) return null;
  if (sizeMs % everyMs !== 0) {
    const message = `every (${textOf(map['every']) ?? ''}) does not divide rolling (${textOf(map['rolling']) ?? ''})`;
    return problems.add([...path, 'every'], message, 'a step that goes into the window a whole number of times');
  }
  const slices = sizeMs / everyMs;
  if (slices > SLICES_PER_WINDOW_MAX) {
    const message = `the window would be made of ${slices} slices, more than ${SLICES_PER_WINDOW_MAX}`;
    const leastMs = Math.ceil(sizeMs / SLICES_PER_WINDOW_MAX);
    return problems.add([...path, 'every'], message, `a step of at least ${leastMs}ms, or a shorter window`);
  }
  return { kind: 'rolling', sizeMs, everyMs };
}

/** A calendar unit so far: the unit as a tumbling window has it, and a step. */
function readToDate(map: Readonly<Record<string, unknown>>, path: Path, scope: WindowScope): WindowSpec | null {
  const { problems } = scope;
  const isShift = map['to_date'] === 'shift';
  const whole = isShift ? readShift(map, 'calendar', path, scope) : readUnit(map['to_date'], map, path, scope);
  if (map['only'] !== undefined && !isShift)
    return problems.addAtKey([...path, 'only'], 'only is for shifts', '{ to_date: shift, calendar: NAME, every: 5m }');
  if (map['every'] === undefined)
    return problems.add(path, 'the unit so far needs every, the step at which it is evaluated', FORMS);
  const everyMs = positive(map['every'], [...path, 'every'], problems);
  if (whole === null || everyMs === null) return null;
  const window = toDateOf(whole, everyMs);
  if (window === null) return null;
  const { unit } = window;
  const everyText = textOf(map['every']) ?? '';
  if (!isStep(everyMs, unit))
    return problems.add(
      [...path, 'every'],
      `a ${unit} so far is not evaluated every ${everyText}`,
      `minutes that make up an hour (1m, 5m, 15m, 30m), 1h${unit === 'day' || unit === 'shift' ? '' : ', 1d'}`,
    );
  const slices = Math.ceil(unitMsMax(window) / everyMs);
  if (slices > SLICES_PER_WINDOW_MAX) {
    const message = `the window would be made of up to ${slices} slices, more than ${SLICES_PER_WINDOW_MAX}`;
    return problems.add([...path, 'every'], message, 'a longer step, up to 1d');
  }
  return window;
}

/** The unit or shift so far; null for an hour. */
function toDateOf(whole: TumblingWindow, everyMs: number): ToDateWindow | null {
  if (whole.kind === 'shift') {
    const { hours, only } = whole;
    const shift = { kind: 'to-date', unit: 'shift', zone: hours.zone, hours, everyMs } as const;
    return only === undefined ? shift : { ...shift, only };
  }
  const { unit, zone, kind: _tumbling, ...fiscal } = whole;
  return unit === 'hour' ? null : { kind: 'to-date', unit, zone, everyMs, ...fiscal };
}

type UnitWindow = Extract<WindowSpec, { readonly kind: 'tumbling' }>;

function readUnit(
  value: unknown,
  map: Readonly<Record<string, unknown>>,
  path: Path,
  { zone: byDefault, calendars, problems }: WindowScope,
): UnitWindow | null {
  const unit = textOf(value);
  if (map['zone'] !== undefined && map['calendar'] !== undefined)
    return problems.add([...path, 'zone'], 'zone and calendar stand together', 'one of them: a calendar has its zone');
  if (map['calendar'] !== undefined) {
    const calendar = findCalendar(map['calendar'], [...path, 'calendar'], calendars, problems);
    return calendar && ofUnit(unit, calendar.hours.zone, calendar);
  }
  if (unit !== null && FISCAL_UNITS.includes(unit))
    return problems.add(
      path,
      `the window of a ${unit} names no calendar`,
      `{ ${map['tumbling'] === undefined ? 'to_date' : 'tumbling'}: ${unit}, calendar: NAME }`,
    );
  const zone = map['zone'] === undefined ? byDefault : readZone(map['zone'], [...path, 'zone'], problems);
  return zone === null ? null : ofUnit(unit, zone, { fiscalMonth: 1 });
}

function ofUnit(
  unit: string | null,
  zone: string,
  { fiscalMonth, fiscalWeeks }: Pick<Calendar, 'fiscalMonth' | 'fiscalWeeks'>,
): UnitWindow | null {
  if (unit === null) return null;
  const plain = { kind: 'tumbling', unit: unit as TumblingUnit, zone } as const;
  if (FISCAL_UNITS.includes(unit))
    return { ...plain, ...(fiscalWeeks === undefined ? { fiscalMonth } : { fiscalWeeks }) };
  return CALENDAR_UNITS.includes(unit) ? plain : null;
}

/** The shifts of the calendar that `key` names, all or some. */
function readShift(
  map: Readonly<Record<string, unknown>>,
  key: 'shift' | 'calendar',
  path: Path,
  { calendars, problems }: WindowScope,
): Extract<WindowSpec, { readonly kind: 'shift' }> | null {
  if (map[key] === undefined)
    return problems.add(path, 'a shift so far names no calendar', '{ to_date: shift, calendar: NAME, every: 5m }');
  const calendar = findCalendar(map[key], [...path, key], calendars, problems);
  if (calendar === null) return null;
  const { hours } = calendar;
  const names = shiftNames(hours);
  if (names.length === 0) {
    const others = [...calendars].filter(([, each]) => shiftNames(each.hours).length > 0).map(([name]) => name);
    const legal = others.length === 0 ? 'a calendar with shifts' : listed(others);
    return problems.add([...path, key], `calendar '${hours.calendar}' has no shifts`, legal);
  }
  const only = map['only'] === undefined ? names : textsOf(map['only']);
  if (only === null) return null;
  const unknown = only.findIndex((name) => !names.includes(name));
  if (unknown >= 0) {
    const name = only[unknown]!;
    const message = `calendar '${hours.calendar}' has no shift '${name}'${didYouMean(name, names)}`;
    return problems.add([...path, 'only', unknown], message, listed(names));
  }
  // Those of the catalogue in its order, so that the order in which they are named makes no other definition.
  const counted = names.filter((name) => only.includes(name));
  return { kind: 'shift', hours, ...(counted.length === names.length ? {} : { only: counted }) };
}

/** The shifts of a week, in order. */
function shiftNames({ week }: WorkingHours): string[] {
  return [...new Set(week.flat().flatMap(({ shift }) => shift ?? []))];
}

function positive(value: unknown, path: Path, problems: Problems): number | null {
  return readDuration(value, path, problems, { defaultMs: null, leastMs: 1 });
}
