import type { Workflow } from './catalogue.ts';
import { readDuration } from './catalogue-duration.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { ANY, readSelector } from './catalogue-selector.ts';
import type { SessionMeasure } from '../definition.ts';

/** The `session` of a measure; null when there is a problem. */
export function readSession(value: unknown, path: Path, workflow: Workflow, problems: Problems): SessionMeasure | null {
  const map = mapOf(value);
  if (map === null) return null;
  const event = readSelector(map['event'] ?? ANY, 'each', [...path, 'event'], workflow, problems);
  const gapMs = readDuration(map['gap'], [...path, 'gap'], problems, { defaultMs: null, leastMs: 1 });
  const of = map['of'] ?? 'length';
  if (event === null || gapMs === null || (of !== 'length' && of !== 'events')) return null;
  if (event.occurrence !== 'each') {
    const message = `the ${event.occurrence} event of a case is one only: a session is made of all`;
    return problems.add([...path, 'event'], message, 'an activity, any, or { each: …, where: … }');
  }
  return { kind: 'session', event, gapMs, of };
}
