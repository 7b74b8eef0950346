import { didYouMean, type Path, type Problems } from './catalogue-problem.ts';
import { textOf } from './catalogue-read.ts';
import type { Aggregate, Measure } from '../definition.ts';

const PLAIN = ['count', 'sum', 'mean', 'min', 'max', 'last'] as const;
type Plain = (typeof PLAIN)[number];
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,3})?)$/;
const FORM = 'count, sum, mean, min, max, last, or a percentile from p1 to p99.9';
const FORM_OF_DURATION = FORM.replace('last, ', '');

/** Of measures that have no aggregate: why. */
const NO_AGGREGATE: Readonly<Record<string, string>> = {
  ratio: 'a ratio says how in `of` and `to`',
  within: 'within is a share of its own',
  rate: 'a rate divides cases by cases',
};

/** The aggregate of a KPI of this measure (`rate`: cases over cases); `path` is the KPI's. Null when there is a problem. */
export function readAggregate(
  value: unknown,
  path: Path,
  measure: Measure['kind'] | 'rate',
  problems: Problems,
): Aggregate | null {
  const here = [...path, 'aggregate'];
  if (measure === 'open') return readLevel(value, here, problems);
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
  if (PLAIN.includes(text as Plain)) return { kind: text as Plain };
  const percent = PERCENTILE.exec(text)?.[1];
  // 99.9e-2 is the nearest double to 0.999; 99.9 / 100 is not.
  const q = percent === undefined ? 0 : Number(`${percent}e-2`);
  if (q > 0) return { kind: 'percentile', q };
  return problems.add(here, `unknown aggregate '${text}'${didYouMean(text, PLAIN)}`, FORM);
}

const LEVEL_FORM = 'count (the number of open cases), sum or mean (of the values of their entries)';

/** How what is open is counted: by number, or by the values of the entries. */
function readLevel(value: unknown, path: Path, problems: Problems): Aggregate | null {
  if (value === undefined || value === 'count') return { kind: 'level' };
  if (value === 'sum' || value === 'mean') return { kind: 'level', of: value };
  const text = textOf(value);
  return text === null ? null : problems.add(path, `what is open has no aggregate '${text}'`, LEVEL_FORM);
}
