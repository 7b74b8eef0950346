import { readDuration } from './catalogue-duration.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import type { Measure, TumblingUnit, WindowSpec } from './definition.ts';
import { zoneName } from './window-calendar.ts';
import { SLICES_PER_WINDOW_MAX } from './window.ts';

const UNITS: readonly string[] = ['hour', 'day', 'week', 'month', 'quarter', 'year'] satisfies TumblingUnit[];
/** How often a level is taken when the catalogue does not say. */
const LEVEL_EVERY_MS = 60_000;
const FORMS = '{ rolling: 4h, every: 1m }, { tumbling: day }, or total';

/** The window of a KPI of this measure; null when there is a problem. `path` is the window's. */
export function readWindow(
  value: unknown,
  path: Path,
  measure: Measure['kind'],
  zone: string,
  problems: Problems,
): WindowSpec | null {
  if (measure === 'open') return readLevel(value, path, problems);
  if (value === 'total') return { kind: 'total' };
  const map = mapOf(value);
  if (map === null) return null;
  if (map['rolling'] !== undefined && map['tumbling'] === undefined && map['zone'] === undefined) {
    return readRolling(map, path, problems);
  }
  if (map['tumbling'] !== undefined && map['rolling'] === undefined && map['every'] === undefined) {
    return readTumbling(map, path, zone, problems);
  }
  return problems.add(path, `a window of ${Object.keys(map).join(' and ') || 'nothing'} does not exist here`, FORMS);
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

function readTumbling(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  byDefault: string,
  problems: Problems,
): WindowSpec | null {
  const zone = map['zone'] === undefined ? byDefault : readZone(map['zone'], [...path, 'zone'], problems);
  const unit = textOf(map['tumbling']);
  if (unit === null || !UNITS.includes(unit) || zone === null) return null;
  return { kind: 'tumbling', unit: unit as TumblingUnit, zone };
}

/** The name of an IANA zone as the data writes it; null when there is a problem. */
export function readZone(value: unknown, path: Path, problems: Problems): string | null {
  const text = textOf(value);
  if (text === null) return null;
  const form = 'the name of an IANA time zone, such as UTC, Asia/Shanghai or Europe/Berlin';
  return zoneName(text) ?? problems.add(path, `'${text}' is not a known time zone`, form);
}

function positive(value: unknown, path: Path, problems: Problems): number | null {
  return readDuration(value, path, problems, { defaultMs: null, leastMs: 1 });
}
