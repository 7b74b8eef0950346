import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Opens it, or opens it again, with a retention of so many days; null: with none. */
async function open(days: number | null): Promise<void> {
  const file = join(folder.path, 'retention.yaml');
  const text = readFileSync('test/catalogues/retention.yaml', 'utf8');
  writeFileSync(file, text.replace(', retention: 90d', days === null ? '' : `, retention: ${days}d`));
  takt = await openEmbedded(folder.path, file);
}

/** Goes on with another retention, until all partitions have cut off what it no longer keeps. */
async function cutOff(days: number): Promise<void> {
  await takt.stop();
  await open(days);
  const lateMs = TODAY_MS - (days + 1) * DAY_MS;
  await until(async () => ((await storedCut(takt.store, 'w', PARTITIONS))?.lateMs ?? 0) >= lateMs);
  await takt.settled();
}

/** A takt that keeps everything has all events. */
async function feed(): Promise<void> {
  await open(null);
  await takt.importAll(HISTORY);
  await takt.settled();
}

/** Periods that have rows in the store. */
async function periods(): Promise<number[]> {
  const rows = await takt.rows<{ period: number }>('SELECT DISTINCT period FROM event_archive ORDER BY period');
  return rows.map(({ period }) => period);
}

async function firstKept(): Promise<number> {
  return Math.floor((await storedCut(takt.store, 'w', PARTITIONS))!.frozenMs / ARCHIVE_PERIOD_MS);
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
    await feed();
    const before = await figures();
    await cutOff(90);
    // What is kept was archived once more, with periods; what has none is no part of the archive, and goes.
    expect((await periods())[0]).toBe(0);
    expect(await dropExpired(takt.store, 'w', PARTITIONS)).toBe(1);
    const kept = await periods();
    expect(kept[0]).toBe(await firstKept());
    expect(await figures()).toEqual(before);
    // Later whole periods end, and are dropped as such.
    await cutOff(20);
    expect(await firstKept()).toBeGreaterThan(kept[0]!);
    expect(await periods()).toEqual(kept);
    expect(await dropExpired(takt.store, 'w', PARTITIONS)).toBeGreaterThanOrEqual(1);
    expect((await periods())[0]).toBe(await firstKept());
    expect(await figures()).toEqual(before);
    // A restart finds the cases that are open, however old, and adds to what is there.
    await takt.stop();
    await open(20);
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
      await feed();
      await cutOff(90);
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
