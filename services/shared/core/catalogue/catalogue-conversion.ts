import type { Workflow } from './catalogue.ts';
import { readDuration } from './catalogue-duration.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readSelector } from './catalogue-selector.ts';
import type { ConversionMeasure } from '../definition.ts';

/** The `conversion` of a measure; null when there is a problem. */
export function readConversion(
  value: unknown,
  path: Path,
  workflow: Workflow,
  problems: Problems,
): ConversionMeasure | null {
  const map = mapOf(value);
  if (map === null) return null;
  const from = readSelector(map['from'], 'first', [...path, 'from'], workflow, problems);
  const to = readSelector(map['to'], 'first', [...path, 'to'], workflow, problems);
  const limit = (name: string): number | null =>
    readDuration(map[name], [...path, name], problems, { defaultMs: 0, leastMs: 1 });
  const afterMs = limit('after');
  const withinMs = map['within'] === undefined ? null : limit('within');
  const { count } = map;
  if (from === null || to === null || afterMs === null) return null;
  if (map['within'] !== undefined && withinMs === null) return null;
  if (to.occurrence === 'each' && from.occurrence !== 'each') {
    const message = `the ${from.occurrence} event of a case converts once, not with each that follows`;
    return problems.add([...path, 'to'], message, '{ first: … } or { last: … }, or { each: … } on both sides');
  }
  if (withinMs !== null && afterMs > withinMs) {
    return problems.add(
      [...path, 'after'],
      'what is due after this is no longer within',
      'a time up to that of within',
    );
  }
  if (count !== 'flow' && count !== 'cohort') return null;
  return { kind: 'conversion', from, to, afterMs, withinMs, count };
}
