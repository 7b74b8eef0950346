import type { Workflow } from './catalogue.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readSelector } from './catalogue-selector.ts';
import { readLimit } from './catalogue-where.ts';
import { parseDecimal } from '../decimal.ts';
import type { CounterMeasure } from '../definition.ts';

/** The `counter` of a measure; null when there is a problem. */
export function readCounter(value: unknown, path: Path, workflow: Workflow, problems: Problems): CounterMeasure | null {
  const map = mapOf(value);
  if (map === null) return null;
  const event = readSelector(map['event'], 'each', [...path, 'event'], workflow, problems);
  const at = [...path, 'rollover'];
  const rollover = map['rollover'] === undefined ? null : readLimit(map['rollover'], at, problems);
  if (event === null || (map['rollover'] !== undefined && rollover === null)) return null;
  if (event.occurrence !== 'each') {
    const message = `the ${event.occurrence} reading of a case is one only: nothing increases`;
    return problems.add([...path, 'event'], message, 'an activity, or { each: …, where: … }');
  }
  if (rollover !== null && parseDecimal(rollover)!.unscaled <= 0n) {
    return problems.add(at, `a counter cannot start over at ${rollover}`, 'a number above 0, such as 65536');
  }
  return { kind: 'counter', event, rollover };
}
