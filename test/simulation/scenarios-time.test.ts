import { expect, test } from 'vitest';
import { Random } from './random.ts';
import { CASE_0, CASE_1, Script } from './script.ts';
import { definitions, START_MS } from './world.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { readFileSync } from 'node:fs';

// Ways time, imports and what is taken back go wrong, one scenario each; see scenarios-crash.test.ts.

const MINUTE = 60_000;

test('12. new code or calendar data under the same version: the hash of a definition with a zone covers it', () => {
  const text = readFileSync('test/simulation/simulation.yaml', 'utf8');
  const { catalogue } = parseCatalogue(text, 'simulation.yaml', { calendarVersion: 'next year' });
  const changed = [...catalogue!.kpis.values()].filter(({ definition }) => !definitions.has(definition.hash));
  const names = changed.map(({ definition }) => definition.kpi).sort();
  const zoned = [...catalogue!.kpis.values()].filter(({ definition }) =>
    [...JSON.stringify(definition).matchAll(/"zone":"([^"]+)"/g)].some(([, zone]) => zone !== 'UTC'),
  );
  expect(names).toEqual(zoned.map(({ definition }) => definition.kpi).sort());
  // Its own window, its calendar, and what it is computed from; and one that knows no zone.
  expect(names).toEqual(expect.arrayContaining(['today', 'work_mean', 'today_rate']));
  expect(names).not.toContain('cases');
});

test('13. ticks stand in the partition they concern: every owner sees them in the same order with events', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.world.tick(20_000);
  await line.event(CASE_1, 'work', 0, { value: 1 });
  await line.world.tick(5_000);
  await line.world.tick(20_000);
  line.readAtMost(1);
  await line.step(aggregate);
  await line.publish(aggregate);
  const zombie = await line.own('aggregate', { beside: true });
  line.readAtMost(Infinity);
  await line.turn(zombie, aggregate, roll);
  expect(await line.end()).toEqual([]);
});

test('14. a clock one hour fast makes nothing else late', async () => {
  const line = await Script.open();
  line.at(10);
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_0, 'work', 10, { value: 1 });
  await line.event(CASE_1, 'work', 70, { value: 20 });
  await line.turn(aggregate, roll);
  expect((await line.marks(1)).at(-1)!.watermarkMs).toBe(START_MS + 10 * MINUTE - 30_000);
  await line.event(CASE_1, 'work', 10, { value: 22 });
  await line.turn(aggregate, roll);
  expect(line.value('work_mean', 15)).toMatchObject({ state: 'provisional', revision: 0, samples: 2 });
  expect(await line.end()).toEqual([]);
});

test('15. a tick during a history import does not end the windows that the import fills', async () => {
  const line = await Script.open();
  line.at(600);
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.world.toggleImport();
  await line.event(CASE_1, 'work', 1, { value: 1 });
  await line.world.tick(30_000);
  await line.turn(aggregate, roll);
  expect(line.value('work_mean', 15)?.state).toBe('backfilling');
  await line.event(CASE_1, 'work', 2, { value: 2 });
  await line.world.toggleImport();
  await line.turn(aggregate, roll);
  expect(line.value('work_mean', 15)).toMatchObject({ state: 'final', samples: 2, revision: 0 });
  expect(await line.end()).toEqual([]);
});

test('16. arrival order in pairing and labels: shuffled events give the same values, equal times too', async () => {
  const results = new Set<string>();
  for (let seed = 1; seed <= 12; seed++) {
    const line = await Script.open();
    const aggregate = await line.own('aggregate');
    const roll = await line.own('roll');
    const events = [
      ['open', 1, 'team 0'],
      ['open', 1, 'team 1'],
      ['work', 1, null],
      ['close', 1, null],
      ['open', 2, null],
      ['close', 3, 'team 0'],
      ['close', 3, 'team 1'],
    ] as const;
    const random = new Random(seed);
    const order = events.map((event, i) => ({ event, i, at: random.next() })).sort((a, b) => a.at - b.at);
    for (const { event, i } of order) {
      await line.event(CASE_1, event[0], event[1], { team: event[2], id: `row ${i}`, value: i });
      if (random.chance(0.5)) await line.turn(aggregate, roll);
    }
    expect(await line.end()).toEqual([]);
    const rows = line.world.storedValues().filter(({ samples, withdrawn }) => samples > 0 && !withdrawn);
    const lines = rows.map((row) => `${row.kpi} ${row.labels} ${row.windowEndMs} ${row.valueExact}`);
    results.add(lines.sort().join('\n'));
  }
  expect(results.size).toBe(1);
});

test('17. what changes after it was counted moves: −old and +new, each to its own slice and labels', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'open', 1, { team: 'team 0' });
  await line.event(CASE_1, 'work', 2, { value: 7 });
  await line.event(CASE_1, 'close', 2);
  await line.turn(aggregate, roll);
  const minOf = (team: string): number | null | undefined =>
    line.values('work_min').find(({ labels, samples }) => labels.includes(team) && samples > 0)?.value;
  expect([minOf('team 0'), minOf('team 1')]).toEqual([7, undefined]);
  // Late, and before the work: the case had moved to the other team by then.
  await line.event(CASE_1, 'work', 1.5, { team: 'team 1' });
  await line.event(CASE_1, 'close', 3);
  await line.turn(aggregate, roll);
  expect([minOf('team 0'), minOf('team 1')]).toEqual([undefined, 7]);
  expect(await line.end()).toEqual([]);
});

test('24. sixteen outermost values need a boundary: after many takings-back the answer is not a later value', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  const ids = new Map<number, string>();
  for (let value = 100; value >= 80; value--) ids.set(value, await line.event(CASE_1, 'work', 1, { value }));
  await line.turn(aggregate, roll);
  const voids = async (from: number, downTo: number): Promise<void> => {
    for (let value = from; value >= downTo; value--) await line.void(CASE_1, ids.get(value)!);
  };
  await voids(100, 90);
  await line.event(CASE_1, 'work', 1, { value: 82 });
  await voids(89, 85);
  await line.turn(aggregate, roll);
  expect(line.value('work_max', 2)?.value).toBe(84);
  expect(await line.end()).toEqual([]);
});

test('25. imported history grouped by case makes nothing late', async () => {
  const line = await Script.open();
  line.at(600);
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.world.toggleImport();
  for (const caseId of [CASE_0, CASE_1]) {
    await line.event(caseId, 'open', 1);
    await line.event(caseId, 'work', 20, { value: 5 });
    await line.event(caseId, 'close', 50);
    await line.turn(aggregate, roll);
    expect((await line.marks(1)).at(-1)!.watermarkMs).toBeNull();
  }
  await line.world.toggleImport();
  await line.turn(aggregate, roll);
  expect(line.values('work_mean').map(({ revision }) => revision)).toEqual([0]);
  expect(await line.end()).toEqual([]);
});

test('26. a zombie’s tick in a partition whose data lag does not move the watermark', async () => {
  const line = await Script.open();
  line.at(30);
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_0, 'work', 5, { value: 1 });
  await line.event(CASE_1, 'work', 5, { value: 2 });
  await line.world.tick(0);
  await line.turn(aggregate, roll);
  expect((await line.marks(1)).at(-1)!.watermarkMs).toBe(START_MS + 5 * MINUTE - 30_000);
  await line.world.tick(10_000);
  await line.turn(aggregate, roll);
  expect((await line.marks(1)).at(-1)!.watermarkMs).toBe(START_MS + 30 * MINUTE - 30_000);
  expect(await line.end()).toEqual([]);
});

test('28. a window that nobody touches any more says so: a row of no samples where the last slice leaves', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.turn(aggregate, roll);
  expect(line.value('work_sum', 2)).toMatchObject({ samples: 1 });
  expect(line.value('work_sum', 5)?.withdrawn ?? true).toBe(true);
  await line.world.tick(10 * MINUTE);
  await line.turn(aggregate, roll);
  expect(line.value('work_sum', 5)).toMatchObject({ samples: 0, state: 'final', withdrawn: false });
  expect(await line.end()).toEqual([]);
});

test('29. an emptied slice: its rows have no samples, and a comparison leaves them out', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  const id = await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.turn(aggregate, roll);
  expect(line.values('large').map(({ samples }) => samples)).toEqual([1]);
  await line.void(CASE_1, id);
  await line.turn(aggregate, roll);
  expect(line.values('large').map(({ samples }) => samples)).toEqual([0]);
  expect(line.world.expected().size).toBe(0);
  expect(await line.end()).toEqual([]);
});

test('30. a unit so far begins anew with the next one, though nothing happens in it; late events change what came before', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'work', -2, { value: 20 });
  await line.turn(aggregate, roll);
  const shown = (): [value: number | null, endMinute: number, revision: number][] =>
    line
      .values('today')
      .flatMap(({ value, windowEndMs, revision, withdrawn }) =>
        withdrawn ? [] : [[value, (windowEndMs - START_MS) / MINUTE, revision]],
      );
  expect(shown()).toEqual([[20, 0, 0]]);
  // Then nothing but time brings anything up.
  await line.turn(aggregate, roll);
  await line.world.tick(2 * MINUTE);
  await line.turn(aggregate, roll);
  expect(line.value('today', 5)).toMatchObject({
    value: 0,
    samples: 0,
    state: 'provisional',
    windowStartMs: START_MS,
    withdrawn: false,
  });
  await line.event(CASE_1, 'work', 2, { value: 5 });
  await line.event(CASE_1, 'work', 7, { value: 1 });
  await line.world.tick(20 * MINUTE);
  await line.turn(aggregate, roll);
  expect(shown()).toEqual([
    [20, 0, 0],
    [5, 5, 0],
    [6, 10, 0],
  ]);
  await line.event(CASE_1, 'work', 3, { value: 100 });
  await line.event(CASE_1, 'work', -20, { value: 3 });
  await line.turn(aggregate, roll);
  expect(shown()).toEqual([
    [3, -15, 0],
    [23, 0, 1],
    [105, 5, 1],
    [106, 10, 1],
  ]);
  expect(await line.end()).toEqual([]);
});

test('31. a limit that is not past is no miss yet; once it is, it is one, and a late exit in time takes it back', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'open', 0);
  await line.turn(aggregate, roll);
  const shown = (): unknown[] =>
    line
      .values('in_time')
      .flatMap(({ windowEndMs, value, samples, withdrawn }) =>
        withdrawn || samples === 0 ? [] : [[(windowEndMs - START_MS) / MINUTE, value, samples]],
      );
  await line.world.tick(3 * MINUTE);
  await line.turn(aggregate, roll);
  expect(shown()).toEqual([]);
  await line.world.tick(3 * MINUTE);
  await line.turn(aggregate, roll);
  expect(shown()).toEqual([[4, 0, 1]]);
  await line.event(CASE_1, 'close', 2);
  await line.turn(aggregate, roll);
  expect(shown()).toEqual([[3, 1, 1]]);
  expect(await line.end()).toEqual([]);
});
