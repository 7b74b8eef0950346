import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { STANDARD_ERROR } from '../../services/shared/core/aggregate/hyper-log-log.ts';
import { chdbMissing } from '../contract/chdb-missing.ts';
import { Random } from '../simulation/random.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-02T00:00:00Z');
const DAYS = 8;
const CATALOGUE = `version: 1
workflows: { shop: { activities: [seen, bought], dimensions: [customer, region] } }
kpis:
  daily: { workflow: shop, measure: { distinct: { of: customer } }, by: [region], window: { tumbling: day } }
  three_days: { workflow: shop, measure: { distinct: { of: customer } }, by: [region], window: { rolling: 3d, every: 1d } }
  about: { workflow: shop, measure: { distinct: { of: customer, approximate: true } }, window: { rolling: 3d, every: 1d } }
  buyers: { workflow: shop, measure: { distinct: { of: case, event: bought } }, window: { tumbling: day } }
  level: { workflow: shop, measure: { event: any }, aggregate: last, by: [region], scale: 2, window: { tumbling: day } }
`;
const STANDS = "events FINAL WHERE kind = 'event' AND id NOT IN (SELECT target FROM events FINAL WHERE kind = 'void')";
const DAY_END = `(intDiv(time_ms, ${DAY_MS}) + 1) * ${DAY_MS}`;
const THREE_ENDS = `ARRAY JOIN arrayMap(i -> (intDiv(time_ms, ${DAY_MS}) + 1 + i) * ${DAY_MS}, range(3)) AS end`;
/** By KPI: what ClickHouse says of the archived events. Of three days it is asked for all ends, with rows or not. */
const ORACLES: Readonly<Record<string, string>> = {
  daily: `SELECT ${DAY_END} AS end, dimensions['region'] AS region, uniqExactIf(dimensions['customer'], dimensions['customer'] != '') AS answer FROM ${STANDS} GROUP BY end, region`,
  three_days: `SELECT end, region, uniqExactIf(customer, customer != '') AS answer FROM (SELECT time_ms, dimensions['region'] AS region, dimensions['customer'] AS customer FROM ${STANDS}) ${THREE_ENDS} GROUP BY end, region`,
  about: `SELECT end, '' AS region, uniqExactIf(customer, customer != '') AS answer FROM (SELECT time_ms, dimensions['customer'] AS customer FROM ${STANDS}) ${THREE_ENDS} GROUP BY end`,
  buyers: `SELECT ${DAY_END} AS end, '' AS region, uniqExact(case_id) AS answer FROM ${STANDS} AND activity = 'bought' GROUP BY end`,
  level: `SELECT ${DAY_END} AS end, dimensions['region'] AS region, toFloat64(argMax(value, (time_ms, activity = 'bought', id, case_id))) AS answer FROM ${STANDS} AND value IS NOT NULL GROUP BY end, region`,
};

let takt: Embedded | null = null;
const folder = { current: null as ReturnType<typeof temporaryDirectory> | null };
afterEach(async () => {
  await takt?.stop();
  takt = null;
  folder.current?.remove();
});

/** Visits in no order at all, some of nobody; every seventh is withdrawn. Times are whole minutes: many are equal. */
function visits(many: number): WorkflowEvent[] {
  const random = new Random(7);
  const none = { workflow: 'shop', value: null, target: null, importId: null } as const;
  const events: WorkflowEvent[] = [];
  for (let i = 0; i < many; i++) {
    const caseId = `visit ${random.below(many / 3)}`;
    const timeMs = START_MS + Math.floor((random.below(DAYS * 1_440) * DAY_MS) / 1_440);
    const dimensions: Record<string, string> = { region: `r${random.below(3)}` };
    // Of a case either all events name a customer or none does: who came earlier would stand in otherwise.
    if (!caseId.endsWith('7')) dimensions['customer'] = `customer ${random.below(many / 4)}`;
    const value = random.chance(0.8) ? { unscaled: BigInt(random.below(9_999)), scale: 2 } : null;
    const activity = random.chance(0.4) ? 'bought' : 'seen';
    events.push({ ...none, caseId, id: `e${i}`, kind: 'event', activity, timeMs, dimensions, value });
    if (i % 7 === 0)
      events.push({
        ...none,
        caseId,
        id: `v${i}`,
        kind: 'void',
        activity: '',
        timeMs,
        dimensions: {},
        target: `e${i}`,
      });
  }
  return events;
}

describe.skipIf(chdbMissing)(
  `different values and last ones${chdbMissing === false ? '' : `: skipped, ${chdbMissing}`}`,
  () => {
    test('are what ClickHouse says of the archived events', { timeout: 120_000 }, async () => {
      const { path } = (folder.current = temporaryDirectory());
      const file = join(path, 'catalogue.yaml');
      writeFileSync(file, CATALOGUE);
      takt = await openEmbedded(path, file);
      await takt.importAll(visits(6_000));
      await takt.settled();
      for (const [kpi, sql] of Object.entries(ORACLES)) {
        const expected = new Map<string, number>();
        for (const { end, region, answer } of await takt.rows<{ end: string; region: string; answer: string }>(sql))
          expected.set(`${end} ${region}`, Number(answer));
        const rows = await takt.rows<{ end: string; region: string; value: number }>(
          `SELECT toUnixTimestamp64Milli(window_end) AS end, labels['region'] AS region, value FROM kpi_history WHERE kpi = '${kpi}' AND samples > 0`,
        );
        expect(rows.length, kpi).toBeGreaterThanOrEqual(kpi === 'about' || kpi === 'buyers' ? DAYS : 3 * DAYS);
        for (const { end, region, value } of rows) {
          const wanted = expected.get(`${end} ${region}`)!;
          const tolerance = kpi === 'about' ? 4 * STANDARD_ERROR * wanted : 0;
          expect(Math.abs(value - wanted), `${kpi} ${end} ${region}: ${value}, not ${wanted}`).toBeLessThanOrEqual(
            tolerance,
          );
        }
      }
    });
  },
);
