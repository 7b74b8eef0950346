import { checkMinutes, type MinuteValue } from '../expected-minutes.ts';
import type { CaseTimes } from './case-times.ts';
import type { StoreProcess } from './store-process.ts';
import { WORKFLOW } from './takt-topics.ts';

const VALUES = `SELECT kpi, label_map['team'] AS team, toFloat64(window_start_ms) AS startMs, value, toFloat64(samples) AS samples
FROM \`values\` WHERE withdrawn = 0 AND samples > 0`;

/** Throws unless the store holds each event and each case once, and every value is the right one. */
export async function checkAnswer(
  store: StoreProcess,
  times: CaseTimes,
  minutes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (const [table, wanted] of [
    ['events', times.events],
    ['cases', times.count],
  ] as const) {
    const sql = `SELECT toFloat64(count()) AS n FROM ${table} WHERE workflow = '${WORKFLOW}'`;
    const [row] = await store.rows<{ readonly n: number }>(sql);
    if (row?.n !== wanted) throw new Error(`takt has ${row?.n} ${table} instead of ${wanted}`);
  }
  checkMinutes(await store.rows<MinuteValue>(VALUES), minutes);
}
