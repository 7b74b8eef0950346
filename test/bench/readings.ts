import type { Arrival } from './catch-up-workload.ts';
import { seeded } from './workload.ts';

const BASE_MS = Date.UTC(2025, 0, 6);
const MINUTE_MS = 60_000;

/** One reading per series and minute, in the order of time, each a case of its own; values are lognormal. */
export function* readings(series: number, minutes: number): Generator<Arrival & { readonly value: number }> {
  const random = seeded(42);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (let minute = 0; minute < minutes; minute++)
    for (let i = 0; i < series; i++) {
      const timeMs = BASE_MS + minute * MINUTE_MS + Math.floor((i * MINUTE_MS) / series);
      const id = `r${minute}-${i}`;
      const value = Math.ceil(1_000 * Math.exp(normal()));
      yield { caseId: id, id, activity: 'read', team: `series-${i}`, timeMs, arrivedMs: timeMs, value };
    }
}
