import { Temporal } from 'temporal-polyfill';
import { partitionOf } from '../partition.ts';

/** The workflow of takt's own heartbeat; no catalogue may have one of this name. */
export const BUILT_IN_WORKFLOW = 'takt';
/** KPIs and rules whose names begin so are takt's own. */
const BUILT_IN_PREFIX = 'takt_';
/** The rule that fires at each beat. */
export const BEAT_RULE = 'takt_heartbeat';

/** Width of the window that a beat fires in; also how often at most beats may come. */
const BEAT_WINDOW_MS = 1_000;
/** One UTC day, in milliseconds. */
const DAY_MS = 86_400_000;

/** What is wrong with such a name in a catalogue. */
export const KEPT_NAMES = `names that begin with '${BUILT_IN_PREFIX}' are kept for takt itself`;

/** Whether a name of a KPI or rule is kept for takt. */
export function isBuiltIn(name: string): boolean {
  return name.startsWith(BUILT_IN_PREFIX);
}

/**
 * The built-in part of every catalogue, as a catalogue file would say it. A beat is one event in each partition of its
 * workflow, all of one time: the window of its second then has as many events as there are partitions, and the rule
 * fires when the last one has come through. A few ticks move the watermark past the window that follows, which is empty,
 * and so end the firing before the next beat.
 */
export function builtInSource(partitions: number): unknown {
  return {
    version: 1,
    workflows: { [BUILT_IN_WORKFLOW]: { activities: ['beat'], disorder: '0ms', idle: '1s' } },
    kpis: {
      [BEAT_RULE]: {
        name: { en: 'Heartbeat of takt', 'zh-CN': 'takt 心跳' },
        workflow: BUILT_IN_WORKFLOW,
        measure: { event: 'beat' },
        aggregate: 'count',
        window: { rolling: `${BEAT_WINDOW_MS}ms`, every: `${BEAT_WINDOW_MS}ms` },
        alerts: [{ name: BEAT_RULE, when: `value >= ${partitions}`, provisional: true, severity: 'info' }],
      },
    },
  };
}

/** One event of a beat, in the form that POST /v1/events takes. */
export interface BeatEvent {
  readonly case: string;
  readonly activity: string;
  readonly time: string;
  readonly id: string;
}

/**
 * The events of the beat at `nowMs`, one for each partition. A case lasts a day: one that never ended would be read whole
 * at every start.
 */
export function beatEvents(nowMs: number, partitions: number): BeatEvent[] {
  const day = Math.floor(nowMs / DAY_MS);
  const cases = new Map<number, string>();
  for (let n = 0; cases.size < partitions; n++) {
    const caseId = `beat/${day}/${n}`;
    const partition = partitionOf(caseId, partitions);
    if (!cases.has(partition)) cases.set(partition, caseId);
  }
  const time = Temporal.Instant.fromEpochMilliseconds(nowMs).toString();
  return [...cases].map(([partition, caseId]) => ({
    case: caseId,
    activity: 'beat',
    time,
    id: `${nowMs}/${partition}`,
  }));
}

/** End of the window in which the beat sent at `nowMs` fires. */
export function beatWindowEnd(nowMs: number): number {
  return Math.floor(nowMs / BEAT_WINDOW_MS) * BEAT_WINDOW_MS + BEAT_WINDOW_MS;
}
