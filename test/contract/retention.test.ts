import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifySource } from '../../services/cli/verify/source.ts';
import type { StatusReport } from '../../services/cli/wiring.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { ARCHIVE_PERIOD_MS, DAY_MS } from '../../services/shared/core/retention.ts';
import { dropExpired } from '../../services/shared/runtime/drop-expired.ts';
import { storedCut } from '../../services/shared/runtime/stored-cuts.ts';
import { verify } from '../../services/shared/runtime/verify/verify.ts';
import type { KpiCheck } from '../../services/shared/runtime/verify/verify-kpi.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';
import { chdbMissing } from './chdb-missing.ts';

const PARTITIONS = 4;
/** Days that events go back, each with cases of all partitions. */
const DAYS = 300;
const TODAY_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS;

let folder: ReturnType<typeof temporaryDirectory>;
let takt: Embedded;
beforeEach(async () => {
  folder = temporaryDirectory();
});
afterEach(async () => {
  await takt.stop();
  folder.remove();
});

let ids = 0;
function event(caseId: string, activity: string, daysAgo: number, value: bigint | null = null): WorkflowEvent {
  return {
    workflow: 'w',
    caseId,
    id: `e${ids++}`,
    kind: 'event',
    activity,
    timeMs: TODAY_MS - daysAgo * DAY_MS + 3_600_000,
    dimensions: {},
    value: value === null ? null : { unscaled: value, scale: 0 },
    target: null,
    importId: null,
  };
}

/** Cases of a day: every tenth day one of them stays open. */
function casesOf(daysAgo: number): WorkflowEvent[] {
  return Array.from({ length: 6 }, (_, n) => {
    const caseId = `case ${daysAgo}/${n}`;
    const events = [event(caseId, 'opened', daysAgo), event(caseId, 'worked', daysAgo, BigInt(daysAgo + n))];
    return daysAgo % 10 === 0 && n === 0 ? events : [...events, event(caseId, 'closed', daysAgo)];
  }).flat();
}

const HISTORY = Array.from({ length: DAYS }, (_, i) => casesOf(DAYS - i)).flat();
const OPEN =
  HISTORY.filter(({ activity }) => activity === 'opened').length -
  HISTORY.filter(({ activity }) => activity === 'closed').length;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The first takt keeps everything; the second one has a retention of 90 days. */
async function cutOff(): Promise<void> {
  takt = await openEmbedded(folder.path, 'test/catalogues/retention-none.yaml');
  await takt.importAll(HISTORY);
  await takt.settled();
  await takt.stop();
  takt = await openEmbedded(folder.path, 'test/catalogues/retention.yaml');
  await until(async () => ((await storedCut(takt.store, 'w', PARTITIONS))?.lateMs ?? 0) >= TODAY_MS - 91 * DAY_MS);
  await takt.settled();
}

async function figures(): Promise<unknown[]> {
  return takt.rows('SELECT kpi, labels, window_end_ms, value, samples FROM `values` WHERE withdrawn = 0 ORDER BY ALL');
}

async function latest(kpi: string): Promise<number> {
  const [row] = await takt.rows<{ value: number }>(
    `SELECT value FROM \`values\` WHERE kpi = '${kpi}' AND withdrawn = 0 ORDER BY window_end_ms DESC LIMIT 1`,
  );
  return row!.value;
}

async function daily(daysAgo: number): Promise<number | undefined> {
  const endMs = TODAY_MS - (daysAgo - 1) * DAY_MS;
  const [row] = await takt.rows<{ value: number }>(
    `SELECT value FROM \`values\` WHERE kpi = 'daily' AND window_end_ms = ${endMs}`,
  );
  return row?.value;
}

async function letters(): Promise<number> {
  const counts = await takt.store.deadLetterCounts({ code: 'EVENT_TOO_LATE' }, 'code', 10);
  return counts.reduce((sum, { count }) => sum + count, 0);
}

async function check(): Promise<Map<string, KpiCheck>> {
  const source = verifySource({
    query: (sql, format) => takt.store.query(sql, format),
    status: async () => ({ tasks: await takt.processor.status() }) as unknown as StatusReport,
    settled: () => Promise.resolve(),
  });
  const checks = new Map<string, KpiCheck>();
  const range = { fromMs: null, toMs: null, totals: true };
  for await (const each of verify({ source, range, kpis: [], onPage() {} })) checks.set(each.kpi, each);
  return checks;
}

describe.skipIf(chdbMissing)('retention on LMDB and chDB', () => {
  test('what expired leaves the archive, and no figure changes', { timeout: 120_000 }, async () => {
    await cutOff();
    const before = await figures();
    const archived = async (): Promise<number> =>
      Number((await takt.rows<{ n: string }>('SELECT count() AS n FROM events'))[0]!.n);
    const had = await archived();
    expect(await dropExpired(takt.store, 'w', PARTITIONS)).toBe(1);
    expect(await archived()).toBeLessThan(had / 2);
    const cut = (await storedCut(takt.store, 'w', PARTITIONS))!;
    const [{ least } = { least: '' }] = await takt.rows<{ least: string }>('SELECT min(period) AS least FROM events');
    expect(Number(least)).toBe(Math.floor(cut.frozenMs / ARCHIVE_PERIOD_MS));
    expect(await figures()).toEqual(before);
    // A restart finds the cases that are open, however old, and adds to what is there.
    await takt.stop();
    takt = await openEmbedded(folder.path, 'test/catalogues/retention.yaml');
    await takt.append([event(`case ${DAYS}/0`, 'closed', 0), event('case new', 'worked', 0, 5n)]);
    await takt.settled();
    await until(async () => (await latest('waiting')) === OPEN - 1);
    const sum = HISTORY.reduce((all, { value }) => all + Number(value?.unscaled ?? 0n), 0);
    expect(await latest('ever')).toBe(sum + 5);
  });

  test(
    'late events within it revise the right windows, older ones are dead letters',
    { timeout: 120_000 },
    async () => {
      await cutOff();
      expect(await daily(60)).toBe(6);
      const tooOld = event('case late', 'worked', 120, 1n);
      await takt.append([event('case late', 'worked', 60, 1_000n), tooOld, event('case 200/0', 'worked', 60, 2n)]);
      await takt.settled();
      await until(async () => (await daily(60)) === 8 && (await letters()) === 1);
      expect(await daily(120)).toBe(6);
      const [letter] = await takt.store.deadLetters({ code: 'EVENT_TOO_LATE' }, { rowsMax: 10, bytesMax: 10_000 });
      expect(letter!.letter).toMatchObject({ workflow: 'w', eventMs: tooOld.timeMs, content: { caseId: 'case late' } });
      const checks = await check();
      expect(checks.get('ever')!.notChecked).toMatch(/^a total, of which events before \d{4}-\d\d-\d\d have expired$/);
      for (const kpi of ['daily', 'most', 'waiting'])
        expect(checks.get(kpi)).toMatchObject({ notChecked: null, differencesCount: 0 });
      expect(checks.get('daily')!.windows).toBeGreaterThan(80);
    },
  );
});
