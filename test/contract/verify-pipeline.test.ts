import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';
import { verifyEmbedded } from '../support/verify-embedded.ts';
import { anyCase, START_MS } from '../support/verify-cases.ts';
import { Random } from '../simulation/random.ts';
import { chdbMissing } from './chdb-missing.ts';

const DAY_MS = 86_400_000;
const SEED = 1;
const CASES = 60;
/** Cases that only say how late it is: enough for every partition. */
const CLOCKS = 30;

let folder: ReturnType<typeof temporaryDirectory>;
let takt: Embedded;
beforeEach(async () => {
  folder = temporaryDirectory();
  takt = await openEmbedded(folder.path, 'test/catalogues/verify-all.yaml');
});
afterEach(async () => {
  await takt.stop();
  folder.remove();
});

/** Events that move the watermark of every partition to a time. */
function clocks(workflow: string, timeMs: number): WorkflowEvent[] {
  return Array.from({ length: CLOCKS }, (_, n) => ({
    workflow,
    caseId: `clock ${n}`,
    id: `${timeMs}`,
    kind: 'event',
    activity: 'clock',
    timeMs,
    dimensions: {},
    value: null,
    target: null,
    importId: null,
  }));
}

async function untilFinal(workflow: string): Promise<void> {
  const kpi = workflow === 'w' ? 'opened' : 'worked';
  const sql = `SELECT count() AS n FROM \`values\` WHERE kpi = '${kpi}' AND state = 'final'`;
  while (Number((await takt.rows<{ n: number }>(sql))[0]!.n) === 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Late, corrected, withdrawn, of equal times, without dimensions: some imported, the rest live and in any order. */
async function feed(): Promise<void> {
  const random = new Random(SEED);
  for (const workflow of ['w', 'v']) {
    const events = Array.from({ length: CASES }, (_, n) => anyCase(random, `${n}`, n * 20, workflow)).flat();
    const shuffled = events
      .map((event) => ({ event, at: random.below(1_000_000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ event }) => event);
    const third = Math.floor(shuffled.length / 3);
    await takt.importAll(shuffled.slice(0, third));
    await takt.append(shuffled.slice(third, 2 * third));
    await takt.append(clocks(workflow, START_MS + 3 * DAY_MS));
    // What is final is revised by what comes now.
    await untilFinal(workflow);
    await takt.append([...clocks(workflow, START_MS + 40 * DAY_MS), ...shuffled.slice(2 * third)]);
  }
  await takt.settled();
}

/** Changes one final value of a KPI; gives the end of its window. */
async function corrupt(kpi: string): Promise<number> {
  const { hash } = (await takt.store.definitions()).find((row) => row.kpi === kpi && row.active)!;
  const rows = await takt.store.values({ definition: hash });
  const known = rows.filter((row) => !row.withdrawn && row.samples > 0);
  const final = known.filter(({ state }) => state === 'final');
  // Growth against the year before has none.
  const row = final.find(({ value }) => value !== null) ?? final[0] ?? known[0]!;
  const value = (row.value ?? 0) * 1.5 + 3;
  const exact = row.valueExact === null ? null : String(value);
  await takt.store.insert('values', [{ ...row, value, valueExact: exact, version: row.version + 1n }]);
  return row.windowEndMs;
}

describe.skipIf(chdbMissing !== false)(`verify of all measures (skipped only without chDB: ${chdbMissing})`, () => {
  test('the one row of each KPI that was changed is found, and no other', { timeout: 240_000 }, async () => {
    await feed();
    const ends = new Map<string, number>();
    for (const { kpi } of await takt.store.definitions()) ends.set(kpi, await corrupt(kpi));
    const checks = await verifyEmbedded(takt);
    expect([...checks.keys()]).toEqual([...takt.catalogue.kpis.keys()].toSorted());
    for (const [kpi, { windows, notChecked, differencesCount, differences }] of checks) {
      expect({ kpi, notChecked }).toEqual({ kpi, notChecked: null });
      expect(windows, kpi).toBeGreaterThan(0);
      // All others are what the events give.
      expect({ kpi, differencesCount, endMs: differences[0]?.endMs }).toEqual({
        kpi,
        differencesCount: 1,
        endMs: ends.get(kpi),
      });
      const { cases, inputs } = differences[0]!;
      expect(cases.length + inputs.flatMap((input) => input.cases).length, kpi).toBeGreaterThan(0);
    }
  });
});
