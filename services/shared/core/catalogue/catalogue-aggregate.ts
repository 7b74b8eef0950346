import { didYouMean, type Path, type Problems } from './catalogue-problem.ts';
import { textOf } from './catalogue-read.ts';
import type { Aggregate, Measure } from '../definition.ts';

const PLAIN = ['count', 'sum', 'mean', 'min', 'max', 'last'] as const;
type Plain = (typeof PLAIN)[number];
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,3})?)$/;
const WEIGHTED = 'time_weighted_mean';
const FORM = 'count, sum, mean, min, max, last, time_weighted_mean, or a percentile from p1 to p99.9';
const FORM_OF_DURATION = FORM.replace('last, time_weighted_mean, ', '');

/** Of measures that have no aggregate: why. */
const NO_AGGREGATE: Readonly<Record<string, string>> = {
  ratio: 'a ratio says how in `of` and `to`',
  within: 'within is a share of its own',
  rate: 'a rate divides cases by cases',
};

/** The aggregate of a KPI of this measure (`rate`: cases over cases; `age`: of what is open); `path` is the KPI's. Null when there is a problem. */
export function readAggregate(
  value: unknown,
  path: Path,
  measure: Measure['kind'] | 'rate' | 'age',
  problems: Problems,
): Aggregate | null {
  const here = [...path, 'aggregate'];
  if (measure === 'open') return readLevel(value, here, problems);
  if (measure === 'age') return readAge(value, path, problems);
  if (measure === 'state') return readTime(value, here, problems);
  const why = NO_AGGREGATE[measure];
  if (why !== undefined) {
    if (value === undefined) return { kind: 'ratio' };
    return problems.addAtKey(here, `${why}, so it has no aggregate`, 'leave the line out');
  }
  if (value === undefined) return problems.addAtKey(path, 'aggregate is missing', FORM);
  const text = textOf(value);
  if (text === null) return null;
  if (text === 'last' && measure !== 'event')
    return problems.add(here, 'last is the latest value of an event, and a duration is between two', FORM_OF_DURATION);
  if (text === WEIGHTED) {
    if (measure === 'event') return { kind: 'integral', of: 'mean' };
    const message = `${WEIGHTED} is of readings, each of which holds until the next one: only an event has it`;
    return problems.add(here, message, FORM_OF_DURATION);
  }
  if (PLAIN.includes(text as Plain)) return { kind: text as Plain };
  const q = quantileOf(text);
  if (q !== null) return { kind: 'percentile', q };
  return problems.add(here, `unknown aggregate '${text}'${didYouMean(text, [...PLAIN, WEIGHTED])}`, FORM);
}

/** The q of `p90`; null: it is no percentile. */
function quantileOf(text: string): number | null {
  const percent = PERCENTILE.exec(text)?.[1];
  // 99.9e-2 is the nearest double to 0.999; 99.9 / 100 is not.
  const q = percent === undefined ? 0 : Number(`${percent}e-2`);
  return q > 0 ? q : null;
}

const AGE_FORM = 'mean, sum, max (the oldest), or a percentile from p1 to p99.9';

/** How ages of what is open are put together. */
function readAge(value: unknown, path: Path, problems: Problems): Aggregate | null {
  if (value === undefined) return problems.addAtKey(path, 'aggregate is missing', AGE_FORM);
  const text = textOf(value);
  if (text === null) return null;
  if (text === 'mean' || text === 'sum' || text === 'max') return { kind: 'age', of: text };
  const q = quantileOf(text);
  if (q !== null) return { kind: 'age', of: 'percentile', q };
  const message = `an age has no aggregate '${text}'${text === 'count' ? ' (how many are open is told without of: age)' : ''}`;
  return problems.add([...path, 'aggregate'], message, AGE_FORM);
}

/** How the time in states is told. */
function readTime(value: unknown, path: Path, problems: Problems): Aggregate | null {
  if (value === undefined || value === 'sum') return { kind: 'integral', of: 'time' };
  if (value === 'share') return { kind: 'integral', of: 'share' };
  const text = textOf(value);
  if (text === null) return null;
  return problems.add(
    path,
    `a state has no aggregate '${text}'`,
    'sum (the time in it), or share (of the time observed)',
  );
}

const LEVEL_FORM = 'count (the number of open cases), sum or mean (of the values of their entries)';

/** How what is open is counted: by number, or by the values of the entries. */
function readLevel(value: unknown, path: Path, problems: Problems): Aggregate | null {
  if (value === undefined || value === 'count') return { kind: 'level' };
  if (value === 'sum' || value === 'mean') return { kind: 'level', of: value };
  const text = textOf(value);
  return text === null ? null : problems.add(path, `what is open has no aggregate '${text}'`, LEVEL_FORM);
}
