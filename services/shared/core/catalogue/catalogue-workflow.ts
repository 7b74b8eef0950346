import type { Workflow } from './catalogue.ts';
import { readDuration } from './catalogue-duration.ts';
import { ANY } from './catalogue-selector.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, textsOf } from './catalogue-read.ts';
import { CORRECT, VOID } from '../event.ts';

/** What holds where a workflow does not say: see Workflow. */
const DISORDER_MS = 30_000;
const IDLE_TIMEOUT_MS = 10_000;
const FUTURE_LIMIT_MS = 600_000;
/** The cut moves in whole days. */
const RETENTION_MS_MIN = 86_400_000;

/** In `where`, `value` is the event's value. */
const RESERVED_DIMENSION = 'value';
const RESERVED_ACTIVITIES: readonly string[] = [ANY, CORRECT, VOID];

/**
 * A workflow of the catalogue. A part of the wrong shape is left out, so that the KPIs on it can be read all the same;
 * null when it is no map at all.
 */
export function readWorkflow(name: string, value: unknown, path: Path, problems: Problems): Workflow | null {
  const map = mapOf(value);
  if (map === null) return null;
  const activities = textsOf(map['activities']) ?? [];
  const dimensions = map['dimensions'] === undefined ? [] : (textsOf(map['dimensions']) ?? []);
  for (const [index, activity] of activities.entries()) {
    if (!RESERVED_ACTIVITIES.includes(activity)) continue;
    problems.add([...path, 'activities', index], `the activity '${activity}' is reserved`, 'any other name');
  }
  const reserved = dimensions.indexOf(RESERVED_DIMENSION);
  if (reserved !== -1) {
    const message = `the dimension 'value' is reserved: it is the value of an event`;
    problems.add([...path, 'dimensions', reserved], message, 'any other name');
  }
  const duration = (key: string, defaultMs: number, leastMs: number): number =>
    readDuration(map[key], [...path, key], problems, { defaultMs, leastMs }) ?? defaultMs;
  return {
    name,
    activities,
    dimensions,
    disorderMs: duration('disorder', DISORDER_MS, 0),
    idleTimeoutMs: duration('idle', IDLE_TIMEOUT_MS, 1),
    futureLimitMs: duration('future', FUTURE_LIMIT_MS, 0),
    retentionMs: readDuration(map['retention'], [...path, 'retention'], problems, {
      defaultMs: null,
      leastMs: RETENTION_MS_MIN,
    }),
  };
}
