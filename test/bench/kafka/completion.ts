import { offsetOf } from '../../../services/shared/core/version.ts';
import type { ManagedProcess } from '../../cluster/managed-process.ts';
import { MINUTE_KPIS } from '../expected-minutes.ts';
import { pause } from './pause.ts';
import type { StoreProcess } from './store-process.ts';
import { EVENTS } from './takt-topics.ts';

/** As often as the rivals' runner looks at ClickHouse. */
const LOOK_EVERY_MS = 100;
const COMPLETE_MS_MAX = 300_000;
const SAID_CHARS = 2_000;

/** What the topic of events holds. */
export interface Goal {
  /** By partition, the offset behind the last event. */
  readonly ends: readonly number[];
  /** Cases that were opened and closed. */
  readonly closed: number;
}

/** By partition, the offset below which all events are stored with their cases and slices; 0: none. */
export async function storedEnds(store: StoreProcess, partitions: number): Promise<readonly number[]> {
  const sql = `SELECT partition AS p, toString(version) AS v FROM positions WHERE stage = 'aggregate' AND topic = '${EVENTS}'`;
  // Before the processor has made its tables there are none.
  const rows = await store.rows<{ readonly p: number; readonly v: string }>(sql).catch(() => []);
  const ends = Array.from({ length: partitions }, () => 0);
  for (const { p, v } of rows) ends[p] = offsetOf(BigInt(v) + 1n);
  return ends;
}

/**
 * Waits until everything that the topic of events holds is in the store, looked at from outside ten times a second, and
 * gives when that was seen, in ms since 1970. A position of the aggregate is written when the store has acknowledged all
 * events below it in the archive, and their cases and slices: these must be at the ends. Of the values each must count
 * all of its cases: together they then count as many as there are, in each KPI, and what a value says comes with its
 * count. Positions of the roll are written behind the values; where nothing changes any more they follow up to a minute
 * later, which takt's own readiness does not wait for either. Throws what the processor said when it does not come there.
 */
export async function completed(process: ManagedProcess, store: StoreProcess, goal: Goal): Promise<number> {
  const untilMs = Date.now() + COMPLETE_MS_MAX;
  const until = async (what: string, done: () => Promise<boolean>): Promise<void> => {
    while (!(await done())) {
      if (!process.runs || Date.now() > untilMs)
        throw new Error(`takt did not store all ${what}. It said:\n${process.said.slice(-SAID_CHARS)}`);
      await pause(LOOK_EVERY_MS);
    }
  };
  await until('events', async () => {
    const stored = await storedEnds(store, goal.ends.length);
    return goal.ends.every((end, partition) => stored[partition]! >= end);
  });
  await until('values', async () => {
    const sql = 'SELECT kpi, sum(samples) AS n FROM `values` WHERE withdrawn = 0 GROUP BY kpi';
    const rows = await store.rows<{ readonly kpi: string; readonly n: number | string }>(sql);
    const counts = new Map(rows.map(({ kpi, n }) => [kpi, Number(n)]));
    return MINUTE_KPIS.every((kpi) => counts.get(kpi) === goal.closed);
  });
  return Date.now();
}
