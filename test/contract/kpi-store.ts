import { afterEach, expect, test } from 'vitest';
import type { EventRow } from '../../services/shared/ports/kpi-rows.ts';
import type { KpiStore, LetterQuery, TriedLetter } from '../../services/shared/ports/kpi-store.ts';
import {
  caseRow,
  deadLetter,
  definition,
  event,
  first,
  instance,
  jobRun,
  position,
  redrive,
  slice,
  transition,
  value,
} from './kpi-store-rows.ts';

/** An adapter under test, on storage of its own. */
export interface KpiStoreUnderTest {
  /** Migrated. */
  readonly store: KpiStore;
  readonly durable: boolean;
  readonly sql: boolean;
  /** Closes the store if need be and opens another on the same storage. Only of durable ones. */
  reopen(): Promise<KpiStore>;
  /** Keeps rows with equal keys apart until they are read, where the engine merges behind the scenes. */
  withoutMerging(): Promise<void>;
  remove(): Promise<void>;
}

const WEIRD = [
  '',
  'a\0b',
  'q\'"`\\',
  'x\n\n\ty\r',
  '😀é中\u2028',
  '\\N',
  'NULL',
  "['a']",
  '--',
  '{x:String}',
  '__proto__',
];
const BIG = 2n ** 63n - 1n;

async function all<T>(chunks: AsyncIterable<readonly T[]>): Promise<T[][]> {
  const result: T[][] = [];
  for await (const chunk of chunks) result.push([...chunk]);
  return result;
}

/** No store promises an order of rows. */
function sorted<T extends { readonly version: bigint }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => Number(a.version - b.version));
}

/** The tests of every promise in services/shared/ports/kpi-store.ts, one per number, on the adapter that `make` gives. */
export function kpiStoreContract(name: string, make: () => Promise<KpiStoreUnderTest>): void {
  let made: KpiStoreUnderTest | null = null;
  const open = async (): Promise<KpiStoreUnderTest> => (made = await make());
  afterEach(async () => {
    await made?.remove();
    made = null;
  });
  placeTests(open, name);
  readTests(open, name);
  alertTests(open, name);
  endTests(open, name);
  jobTests(open, name);
  clusterTests(open, name);
  letterTests(open, name);
  seriesTests(open, name);
}

type Open = () => Promise<KpiStoreUnderTest>;

function placeTests(open: Open, name: string): void {
  test(`1. an insert is seen by every later read, and is durable (${name})`, async () => {
    const made = await open();
    const { store } = made;
    await Promise.all([
      store.insert('events', [event()]),
      store.insert('cases', [caseRow()]),
      store.insert('slices', [slice()]),
      store.insert('values', [value()]),
      store.insert('positions', [position()]),
      store.insert('definitions', [definition()]),
      store.insert('instances', [instance()]),
      store.insert('firsts', [first()]),
      store.insert('transitions', [transition()]),
    ]);
    await store.insert('events', []);
    const check = async (now: KpiStore): Promise<void> => {
      expect(await now.caseEvents('w', 0, ['c1'], 100)).toEqual([event()]);
      expect(await now.slices({ definition: 'd' })).toEqual([slice()]);
      expect(await now.values({ definition: 'd' })).toEqual([value()]);
      expect(await now.position('aggregate', 'events.w', 0)).toEqual(position());
      expect(await now.definitions()).toEqual([definition()]);
      expect(await now.instances({})).toEqual([instance()]);
      expect(await now.firsts({ definition: 'd' })).toEqual([first()]);
      expect(await now.transitions({})).toEqual([transition()]);
    };
    await check(store);
    if (made.durable) await check(await made.reopen());
  });

  test(`2. the highest version wins, of equal versions the one inserted last (${name})`, async () => {
    const { store } = await open();
    await store.insert('slices', [slice({ version: 5n, samples: 5 })]);
    await store.insert('slices', [slice({ version: 4n, samples: 4 })]);
    expect((await store.slices({ definition: 'd' })).map(({ samples }) => samples)).toEqual([5]);
    await store.insert('slices', [slice({ version: 5n, samples: 55 })]);
    expect((await store.slices({ definition: 'd' })).map(({ samples }) => samples)).toEqual([55]);
    // In one insert too, and where the difference is beyond what a double can hold.
    await store.insert('values', [value({ version: BIG, revision: 2 }), value({ version: BIG - 1n, revision: 1 })]);
    expect((await store.values({ definition: 'd' })).map(({ revision }) => revision)).toEqual([2]);
    await store.insert('definitions', [definition({ version: 1n, active: true })]);
    await store.insert('definitions', [definition({ version: 2n, active: false })]);
    expect((await store.definitions()).map(({ active }) => active)).toEqual([false]);
    // An older row that would pass the filter must not show through the newer one that does not.
    await store.insert('values', [
      value({ definition: 'w', version: 1n }),
      value({ definition: 'w', version: 2n, withdrawn: true }),
    ]);
    expect(await store.values({ definition: 'w' })).toEqual([]);
    await store.insert('slices', [slice({ definition: 'i', version: 1n, importId: 'one' })]);
    await store.insert('slices', [slice({ definition: 'i', version: 2n, importId: 'two' })]);
    expect(await store.slices({ definition: 'i', importId: 'one' })).toEqual([]);
  });

  test(`3. inserting the same rows again changes nothing (${name})`, async () => {
    const { store } = await open();
    const rows = Array.from({ length: 5_000 }, (_, i) =>
      event({ caseId: `c${i % 100}`, id: `e${i}`, offset: i, version: BigInt(i) }),
    );
    // As after a failure: a part of them first, then all, then all again.
    await store.insert('events', rows.slice(0, 1_234));
    for (let i = 0; i < 2; i++) {
      await store.insert('events', rows);
      await store.insert('slices', [slice()]);
      await store.insert('positions', [position()]);
    }
    const read = (await all(store.archive('w', 0, 1e6))).flat();
    expect(read.toSorted((a, b) => a.offset - b.offset)).toEqual(rows);
    expect(await store.slices({ definition: 'd' })).toEqual([slice()]);
    expect(await store.position('aggregate', 'events.w', 0)).toEqual(position());
  });

  test(`17. rows of buffers come in as blocks, again if need be; who adds one may change it (${name})`, async () => {
    const { store } = await open();
    const buffer = store.rowBuffer('events');
    expect(buffer.length).toBe(0);
    const first = { ...event(), activity: WEIRD[0]! };
    buffer.add(first);
    buffer.add(event({ id: 'e2', offset: 1, version: 1n }));
    const block = buffer.take();
    const activity = first.activity;
    first.activity = 'changed since';
    expect([block.table, block.length, buffer.length]).toEqual(['events', 2, 0]);
    buffer.add(event({ id: 'e3', offset: 2, version: 2n }));
    await store.insertBlocks('events', [block]);
    await store.insertBlocks('events', [block, buffer.take()]);
    const rows = await store.caseEvents('w', 0, ['c1'], 100);
    expect(rows.toSorted((a, b) => a.offset - b.offset)).toEqual([
      { ...first, activity },
      event({ id: 'e2', offset: 1, version: 1n }),
      event({ id: 'e3', offset: 2, version: 2n }),
    ]);
  });
}

function readTests(open: Open, name: string): void {
  test(`4. caseEvents gives the events of the cases below the offset, each once, lowest offset wins (${name})`, async () => {
    const made = await open();
    const { store } = made;
    await made.withoutMerging();
    const rows = [0, 1, 2, 3].map((i) =>
      event({ caseId: i < 3 ? 'c1' : 'c2', id: `e${i}`, offset: i * 10, version: BigInt(i * 10) }),
    );
    await store.insert('events', rows);
    await store.insert('events', [event({ workflow: 'v', caseId: 'c1' }), event({ partition: 1, caseId: 'c1' })]);
    const ids = async (caseIds: readonly string[], below: number): Promise<string[]> =>
      (await store.caseEvents('w', 0, caseIds, below)).map(({ id }) => id).toSorted();
    expect(await ids(['c1'], 20)).toEqual(['e0', 'e1']);
    expect(await ids(['c1'], 21)).toEqual(['e0', 'e1', 'e2']);
    expect(await ids(['c1', 'c2', 'none', 'c1'], 1e9)).toEqual(['e0', 'e1', 'e2', 'e3']);
    expect(await ids([], 1e9)).toEqual([]);
    const many = Array.from({ length: 2_500 }, (_, i) => `x${i % 1_250}`);
    expect(await ids(['c1', ...many, 'c1', 'c2'], 1e9)).toEqual(['e0', 'e1', 'e2', 'e3']);
    // The same event at another offset, before and after the one that is there.
    await store.insert('events', [event({ caseId: 'c1', id: 'e1', offset: 90, version: 90n })]);
    await store.insert('events', [event({ caseId: 'c2', id: 'e3', offset: 5, version: 5n })]);
    const read = await store.caseEvents('w', 0, ['c1', 'c2'], 1e9);
    expect(Object.fromEntries(read.map(({ id, offset }) => [id, offset]))).toEqual({ e0: 0, e1: 10, e2: 20, e3: 5 });
    expect(read).toHaveLength(4);
  });

  test(`5. label sets are those of slices and values, each once (${name})`, async () => {
    const { store } = await open();
    await store.insert('slices', [
      slice({ labels: 'both', version: 1n }),
      slice({ labels: 'both', version: 2n }),
      slice({ labels: 'sliced', sliceStartMs: 60_000, version: 1n }),
      slice({ labels: 'elsewhere', labelPartition: 3, version: 1n }),
      slice({ labels: 'foreign', definition: 'other', version: 1n }),
    ]);
    await store.insert('values', [value({ labels: 'both' }), value({ labels: 'valued' })]);
    const sets = async (definition: string, labelPartition: number): Promise<string[]> =>
      (await all(store.labelSets(definition, labelPartition))).flat().toSorted();
    expect(await sets('d', 0)).toEqual(['both', 'sliced', 'valued']);
    expect(await sets('d', 3)).toEqual(['elsewhere']);
    expect(await sets('none', 0)).toEqual([]);
    const many = Array.from({ length: 2_500 }, (_, i) => value({ definition: 'many', labels: `l${i}` }));
    await store.insert('values', many);
    expect(await sets('many', 0)).toEqual(many.map(({ labels }) => labels).toSorted());
  });

  test(`5. slices and values are found by each of their conditions (${name})`, async () => {
    const { store } = await open();
    const rows = [
      slice({ version: 1n, labels: 'a', sliceStartMs: -1, source: 'w/0' }),
      slice({ version: 2n, labels: 'a', sliceStartMs: 0, source: 'w/0' }),
      slice({ version: 3n, labels: 'a', sliceStartMs: 0, source: 'w/1' }),
      slice({ version: 4n, labels: 'b', labelPartition: 3, sliceStartMs: 60_000, source: 'w/1', importId: 'i' }),
      slice({ version: 5n, labels: 'b', labelPartition: 3, sliceStartMs: 9_999_999_999_999, source: 'w/0' }),
    ];
    await store.insert('slices', [...rows, slice({ definition: 'other', version: 9n })]);
    const found = async (query: object): Promise<bigint[]> =>
      sorted(await store.slices({ definition: 'd', ...query })).map(({ version }) => version);
    expect(await found({})).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect(await found({ source: 'w/0' })).toEqual([1n, 2n, 5n]);
    expect(await found({ labelPartition: 3 })).toEqual([4n, 5n]);
    expect(await found({ labels: ['b', 'b', 'none'] })).toEqual([4n, 5n]);
    expect(await found({ labels: [] })).toEqual([]);
    expect(await found({ labels: ['b', ...Array.from({ length: 2_500 }, (_, i) => `l${i}`), 'a'] })).toHaveLength(5);
    expect(await found({ fromMs: 0, toMs: 60_000 })).toEqual([2n, 3n]);
    expect(await found({ fromMs: 60_000 })).toEqual([4n, 5n]);
    expect(await found({ latestMax: 1 })).toEqual([5n]);
    expect(await found({ latestMax: 2, labelPartition: 0 })).toEqual([2n, 3n]);
    expect(await found({ latestMax: 100 })).toEqual(await found({}));
    expect(await found({ importId: 'i' })).toEqual([4n]);
    expect(await found({ labels: ['a'], source: 'w/1', toMs: 1, labelPartition: 0 })).toEqual([3n]);

    await store.insert('values', [
      value({ version: 1n, labels: 'a', windowEndMs: 1_000 }),
      value({ version: 2n, labels: 'a', windowEndMs: 2_000, withdrawn: true }),
      value({ version: 3n, labels: 'b', windowEndMs: 2_000, labelPartition: 3 }),
    ]);
    const values = async (query: object): Promise<bigint[]> =>
      sorted(await store.values({ definition: 'd', ...query })).map(({ version }) => version);
    expect(await values({})).toEqual([1n, 3n]);
    expect(await values({ withdrawn: true })).toEqual([1n, 2n, 3n]);
    expect(await values({ labels: ['a'], withdrawn: true, fromMs: 2_000 })).toEqual([2n]);
    expect(await values({ labelPartition: 3 })).toEqual([3n]);
    expect(await values({ fromMs: 1_000, toMs: 2_000 })).toEqual([1n]);
    await store.insert('values', [
      value({ definition: 'l', labels: 'a', windowEndMs: 1, version: 1n }),
      value({ definition: 'l', labels: 'a', windowEndMs: 3, version: 3n }),
      value({ definition: 'l', labels: 'a', windowEndMs: 2, version: 2n }),
      value({ definition: 'l', labels: 'a', windowEndMs: 4, version: 4n, withdrawn: true }),
      value({ definition: 'l', labels: 'b', windowEndMs: 1, version: 5n }),
    ]);
    expect(await values({ definition: 'l', lastPerSeries: 1 })).toEqual([3n, 5n]);
    expect(await values({ definition: 'l', lastPerSeries: 2, withdrawn: true })).toEqual([3n, 4n, 5n]);
    expect(await values({ definition: 'l', lastPerSeries: 2, toMs: 3 })).toEqual([1n, 2n, 5n]);
  });

  test(`6. position gives the highest stored version of its partition, or null (${name})`, async () => {
    const { store } = await open();
    expect(await store.position('aggregate', 'events.w', 0)).toBeNull();
    await store.insert('positions', [position({ version: 7n, content: '7' })]);
    await store.insert('positions', [
      position({ version: 6n, content: '6' }),
      position({ version: 1n, partition: 1, content: 'partition' }),
      position({ version: 8n, stage: 'roll', content: 'stage' }),
      position({ version: 9n, topic: 'slices', content: 'topic' }),
    ]);
    expect(await store.position('aggregate', 'events.w', 0)).toEqual(position({ version: 7n, content: '7' }));
    await store.insert('positions', [position({ version: BIG, content: 'top' })]);
    expect(await store.position('aggregate', 'events.w', 0)).toEqual(position({ version: BIG, content: 'top' }));
    expect((await store.position('aggregate', 'events.w', 1))?.content).toBe('partition');
  });

  test(`7. every text, integer and byte comes back as it was stored (${name})`, async () => {
    const { store } = await open();
    const dimensions = Object.fromEntries(WEIRD.map((text, i) => [i === 0 ? '' : text, WEIRD.at(-i)!] as const));
    const rows = WEIRD.map((text, i) =>
      event({
        caseId: text,
        id: text,
        activity: text,
        dimensions,
        value: text,
        target: text,
        importId: text,
        offset: i,
        version: BIG - BigInt(i),
        timeMs: Number.MIN_SAFE_INTEGER,
        appendMs: Number.MAX_SAFE_INTEGER,
      }),
    );
    await store.insert('events', rows);
    const byOffset = (await store.caseEvents('w', 0, WEIRD, 1e9)).toSorted((a, b) => a.offset - b.offset);
    expect(byOffset).toEqual(rows);
    expect(byOffset.map((row) => Object.keys(row.dimensions).length)).toEqual(WEIRD.map(() => WEIRD.length));
    expect((await all(store.caseIds('w', 0, 0))).flat().toSorted()).toEqual(WEIRD.toSorted());
    await store.insert('events', [event({ caseId: 'far', offset: Number.MAX_SAFE_INTEGER - 1 })]);
    expect((await store.caseEvents('w', 0, ['far'], Number.MAX_SAFE_INTEGER)).map(({ offset }) => offset)).toEqual([
      Number.MAX_SAFE_INTEGER - 1,
    ]);

    const state = Uint8Array.from({ length: 70_000 }, (_, i) => (i < 512 ? i >> 1 : i * 31));
    const long = WEIRD.join('|').repeat(2_000);
    await store.insert('slices', [slice({ state, labels: long, samples: Number.MAX_SAFE_INTEGER, version: BIG })]);
    const [read] = await store.slices({ definition: 'd', labels: [long] });
    expect(Buffer.from(read!.state).equals(state)).toBe(true);
    expect(read).toMatchObject({ labels: long, samples: Number.MAX_SAFE_INTEGER, version: BIG });

    const numbers = [0, -0.5, 1e-300, 1.7976931348623157e308, 0.1 + 0.2, null];
    await store.insert(
      'values',
      numbers.map((number, i) =>
        value({
          windowEndMs: i,
          value: number,
          reason: WEIRD[i]!,
          labelMap: dimensions,
          validToMs: i === 0 ? null : i,
          valueExact: i === 0 ? null : WEIRD[i]!,
        }),
      ),
    );
    const values = (await store.values({ definition: 'd' })).toSorted((a, b) => a.windowEndMs - b.windowEndMs);
    expect(values.map((row) => row.value)).toEqual(numbers);
    expect(values.map((row) => row.reason)).toEqual(WEIRD.slice(0, numbers.length));
    expect(values[1]).toMatchObject({ validToMs: 1, valueExact: WEIRD[1], labelMap: dimensions });
    expect(values[0]).toMatchObject({ validToMs: null, valueExact: null });
    for (const [i, content] of [...WEIRD, long].entries()) {
      await store.insert('positions', [position({ topic: content, content, version: BigInt(i) })]);
      expect((await store.position('aggregate', content, 0))?.content).toBe(content);
    }
  });

  test(`8. archive gives all events below the bound, a case in one chunk only (${name})`, async () => {
    const { store } = await open();
    const rows = Array.from({ length: 9_000 }, (_, i) =>
      event({ caseId: i % 4_500 === 7 ? '' : `c${i % 4_500}`, id: `e${i}`, offset: i, version: BigInt(i), timeMs: i }),
    );
    await store.insert('events', [...rows, event({ partition: 1, caseId: 'elsewhere' })]);
    const ids = (chunks: readonly (readonly { readonly id: string }[])[]): string[] =>
      chunks
        .flat()
        .map(({ id }) => id)
        .toSorted();
    const chunks = await all(store.archive('w', 0, 8_000));
    expect(ids(chunks)).toEqual(
      rows
        .slice(0, 8_000)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(chunks.length).toBeGreaterThan(1);
    const cases = chunks.map((chunk) => new Set(chunk.map(({ caseId }) => caseId)));
    expect(cases.reduce((sum, { size }) => sum + size, 0)).toBe(
      new Set(chunks.flat().map(({ caseId }) => caseId)).size,
    );
    // Of case c100 only one event is in the range, the other one comes along.
    expect(ids(await all(store.archive('w', 0, 9_000, { fromMs: 100, toMs: 101 })))).toEqual(['e100', 'e4600']);
    // An event at the bound or above does not count, nor does one at the end of the range.
    expect(await all(store.archive('w', 0, 8_000, { fromMs: 8_000, toMs: 8_010 }))).toEqual([]);
    expect(await all(store.archive('none', 0, 8_000))).toEqual([]);
    // In UTF-16 the second would stand before the first.
    const far = [event({ caseId: '\uffee', id: 'far' }), event({ caseId: '\u{1f600}', id: 'farther' })];
    await store.insert('events', far);
    const some = async (after: string | null, upTo: string | null): Promise<string[]> =>
      ids(await all(store.archive('w', 0, 9_000, undefined, { after, upTo })));
    expect(await some(null, 'c0')).toEqual(['e0', 'e4500', 'e4507', 'e7']);
    expect(await some('c4498', 'c45')).toEqual(['e4499', 'e45', 'e4545', 'e8999']);
    expect(await some('\uffee', null)).toEqual(['farther']);
    expect(await some('\u{1f600}', null)).toEqual([]);
    expect(await store.archiveAhead('w', 0, null, 4)).toEqual({ events: 9_002, upTo: 'c0' });
    expect(await store.archiveAhead('w', 0, 'c4498', 3)).toMatchObject({ upTo: 'c45' });
    expect(await store.archiveAhead('w', 0, '\uffee', 1)).toEqual({ events: 1, upTo: null });
    expect(await store.archiveAhead('none', 0, null, 1)).toEqual({ events: 0, upTo: null });
    expect((await all(store.caseIds('w', 0, 8_995))).flat().toSorted()).toEqual([
      'c4495',
      'c4496',
      'c4497',
      'c4498',
      'c4499',
    ]);
    expect((await all(store.caseIds('w', 0, 0))).flat()).toHaveLength(4_502);
  });

  test(`19. what is in earlier periods is as if it were not there, and goes at once (${name})`, async () => {
    const { store } = await open();
    const row = (caseId: string, offset: number, workflow = 'w'): EventRow =>
      event({ workflow, caseId, id: `e${offset}`, offset, version: BigInt(offset) });
    await store.insert('events', [row('early', 6), row('early', 7), row("o'ther", 1, "w'")]);
    await store.insert('retained_events', [
      { ...row('old', 1), period: 3 },
      { ...row('moved', 2), period: 3 },
      // Archived once more, in a later period, and once more in the same.
      { ...row('moved', 2), period: 7 },
      { ...row('moved', 2), period: 7 },
      { ...row('moved', 4), period: 7 },
      { ...row('new', 5), period: 9 },
      { ...row("o'ther", 2, "w'"), period: 3 },
    ]);
    const read = async (caseId: string, fromPeriod?: number): Promise<string[]> =>
      (await store.caseEvents('w', 0, [caseId], 1_000, fromPeriod)).map(({ id }) => id).toSorted();
    expect([await read('moved', 1), await read('moved', 5)]).toEqual([
      ['e2', 'e4'],
      ['e2', 'e4'],
    ]);
    expect([await read('old', 3), await read('old', 4), await read('old')]).toEqual([['e1'], [], []]);
    expect([await read('early'), await read('early', 1)]).toEqual([['e6', 'e7'], []]);
    const cases = async (fromPeriod: number, belowPeriod?: number): Promise<string[]> => {
      const periods = { fromPeriod, ...(belowPeriod === undefined ? {} : { belowPeriod }) };
      const rows = (await all(store.archive('w', 0, 1_000, undefined, undefined, periods))).flat();
      return [...new Set(rows.map(({ caseId, id }) => `${caseId} ${id}`))].toSorted();
    };
    expect(await cases(4)).toEqual(['moved e2', 'moved e4', 'new e5']);
    expect(await cases(3, 4)).toEqual(['moved e2', 'moved e4', 'old e1']);
    expect(await cases(0, 4)).toEqual(['early e6', 'early e7']);
    expect((await store.archiveAhead('w', 0, 'moved', 10, 4)).events).toBe(1);
    expect((await all(store.caseIds('w', 0, 2))).flat().toSorted()).toEqual(['early', 'moved', 'new']);
    expect(await store.dropPeriods('w', 0)).toBe(0);
    expect(await store.dropPeriods('w', 7)).toBe(2);
    expect(await store.dropPeriods('w', 7)).toBe(0);
    expect(await cases(0)).toEqual([]);
    expect(await cases(1)).toEqual(['moved e2', 'moved e4', 'new e5']);
    expect(await store.caseEvents("w'", 0, ["o'ther"], 1_000)).toHaveLength(1);
    expect(await store.dropPeriods("w'", 7)).toBe(2);
    expect(await store.caseEvents("w'", 0, ["o'ther"], 1_000)).toEqual([]);
    expect(await store.caseEvents("w'", 0, ["o'ther"], 1_000, 1)).toEqual([]);
  });
}

function alertTests(open: Open, name: string): void {
  test(`13. of firsts the lowest version wins, of equal ones the one inserted last (${name})`, async () => {
    const { store } = await open();
    const samples = async (): Promise<number[]> =>
      (await store.firsts({ definition: 'd' })).map((row) => row.samples).toSorted((a, b) => a - b);
    await store.insert('firsts', [first({ version: 5n, samples: 5 })]);
    await store.insert('firsts', [first({ version: 6n, samples: 6 })]);
    expect(await samples()).toEqual([5]);
    await store.insert('firsts', [first({ version: 4n, samples: 4 }), first({ version: 7n, samples: 7 })]);
    expect(await samples()).toEqual([4]);
    await store.insert('firsts', [first({ version: 4n, samples: 44 })]);
    expect(await samples()).toEqual([44]);
    await store.insert('firsts', [first({ kind: 'late_first', version: BIG, samples: 99 })]);
    await store.insert('firsts', [first({ kind: 'late_first', version: BIG - 1n, samples: 98 })]);
    expect(await samples()).toEqual([44, 98]);
    expect(sorted(await store.firsts({ definition: 'd' })).map(({ version }) => version)).toEqual([4n, BIG - 1n]);
  });

  test(`14. instances, firsts and transitions are found by each of their conditions (${name})`, async () => {
    const { store } = await open();
    const versions = (rows: readonly { readonly version: bigint }[]): number[] =>
      sorted(rows).map(({ version }) => Number(version));
    await store.insert('instances', [
      instance({ version: 1n }),
      instance({ version: 2n, labels: 'b', labelPartition: 3, state: 'watching' }),
      instance({ version: 3n, ruleHash: 'other', content: WEIRD.join() }),
    ]);
    expect(versions(await store.instances({}))).toEqual([1, 2, 3]);
    expect(versions(await store.instances({ labelPartition: 3 }))).toEqual([2]);
    expect(versions(await store.instances({ ruleHashes: ['other', 'none'] }))).toEqual([3]);
    expect(await store.instances({ ruleHashes: [] })).toEqual([]);
    expect((await store.instances({ ruleHashes: ['other'] }))[0]!.content).toBe(WEIRD.join());

    await store.insert('firsts', [
      first({ version: 1n, windowEndMs: 1_000 }),
      first({ version: 2n, windowEndMs: 2_000, value: null, valueExact: null, imported: true }),
      first({ version: 3n, windowEndMs: 3_000, kind: 'late_first' }),
      first({ version: 4n, windowEndMs: 1_000, labels: 'b', labelPartition: 3 }),
      first({ version: 5n, definition: 'other' }),
    ]);
    const firsts = async (query: object): Promise<number[]> =>
      versions(await store.firsts({ definition: 'd', ...query }));
    expect(await firsts({})).toEqual([1, 2, 3, 4]);
    expect(await firsts({ labelPartition: 3 })).toEqual([4]);
    expect(await firsts({ labels: ['b', 'none'] })).toEqual([4]);
    expect(await firsts({ labels: [] })).toEqual([]);
    expect(await firsts({ fromMs: 2_000, toMs: 3_000 })).toEqual([2]);
    expect(await firsts({ latest: true })).toEqual([2, 4]);
    expect(await firsts({ latest: true, toMs: 2_000, labelPartition: 0 })).toEqual([1]);
    expect(await firsts({ belowVersion: 3n })).toEqual([1, 2]);
    expect(await firsts({ aboveVersion: 2n })).toEqual([3, 4]);
    expect(await firsts({ aboveVersion: -1n, belowVersion: 2n })).toEqual([1]);
    expect(await firsts({ latest: true, belowVersion: 2n })).toEqual([1]);
    expect((await store.firsts({ definition: 'd', fromMs: 2_000, toMs: 3_000 }))[0]).toEqual(
      first({ version: 2n, windowEndMs: 2_000, value: null, valueExact: null, imported: true }),
    );

    await store.insert('transitions', [
      transition({ version: 0n, timeMs: 1_000, notify: [], suppressed: 'import', value: null, target: null }),
      transition({ version: 1n, timeMs: 2_000, labels: 'b', notify: WEIRD }),
      transition({ version: 2n, timeMs: 3_000, rule: 'other', partition: 2 }),
      transition({ version: 3n, timeMs: 3_000, to: 'inactive', from: 'firing' }),
      transition({ version: BIG, timeMs: 4_000, episode: 'f' }),
    ]);
    const found = async (query: object): Promise<number[]> => versions(await store.transitions(query));
    expect(await found({ toMs: 4_000 })).toEqual([0, 1, 2, 3]);
    expect(await found({ rule: 'other' })).toEqual([2]);
    expect(await found({ labels: ['b'] })).toEqual([1]);
    expect(await found({ partition: 2 })).toEqual([2]);
    expect(await found({ aboveVersion: -1n, toMs: 1_001 })).toEqual([0]);
    expect(await found({ aboveVersion: 1n, fromMs: 2_000, toMs: 4_000 })).toEqual([2, 3]);
    expect((await store.transitions({ aboveVersion: BIG - 1n })).map(({ version }) => version)).toEqual([BIG]);
    const [plain] = await store.transitions({ toMs: 1_001 });
    expect(plain).toEqual(
      transition({ version: 0n, timeMs: 1_000, notify: [], suppressed: 'import', value: null, target: null }),
    );
    expect((await store.transitions({ labels: ['b'] }))[0]!.notify).toEqual(WEIRD);
  });
}

function endTests(open: Open, name: string): void {
  test(`9. query reads within limits, and refuses what writes (${name})`, async () => {
    const { store, sql } = await open();
    expect.hasAssertions();
    await (sql ? expectQueries(store) : expectNoSql(store));
  });

  test(`10. after close every call fails, and durable rows are there on reopening (${name})`, async () => {
    const made = await open();
    const { store } = made;
    await store.insert('events', [event()]);
    await store.close();
    await store.close();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.migrate(),
      () => store.insert('events', [event()]),
      () => store.insert('events', []),
      () => store.caseEvents('w', 0, ['c1'], 1),
      () => store.caseEvents('w', 0, [], 1),
      () => all(store.caseIds('w', 0, 0)),
      () => all(store.labelSets('d', 0)),
      () => all(store.archive('w', 0, 1)),
      () => store.archiveAhead('w', 0, null, 1),
      () => store.dropPeriods('w', 1),
      () => store.slices({ definition: 'd' }),
      () => store.slices({ definition: 'd', labels: [] }),
      () => store.values({ definition: 'd' }),
      () => store.position('aggregate', 'events.w', 0),
      () => store.definitions(),
      () => store.claimRun(jobRun()),
      () => store.jobRuns({ job: 'j', rowsMax: 1 }),
      () => store.services(0),
      () => store.labelSetCounts([{ id: 'g', definitions: ['d'] }]),
      () => store.busiestLabelSets(['d'], 1),
      () => store.seriesLimits(),
      () => store.epochTopics(),
      () => store.instances({}),
      () => store.firsts({ definition: 'd' }),
      () => store.transitions({ labels: [] }),
      () => store.query('SELECT 1', 'TSV'),
    ];
    for (const call of calls) await expect(call(), String(call)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    if (!made.durable) return;
    const again = await made.reopen();
    await again.migrate();
    expect(await again.caseEvents('w', 0, ['c1'], 100)).toEqual([event()]);
  });

  test(`15. values come by labels and window end, the last of each series, and no more than asked for (${name})`, async () => {
    const { store } = await open();
    // In UTF-16 the third would stand before the second.
    const [first, second, third] = ['a', '\uffee', '\u{1f600}'];
    const places: readonly (readonly [string, number, boolean])[] = [
      [third!, 1_000, false],
      [first!, 2_000, false],
      [second!, 3_000, false],
      [first!, 1_000, false],
      [first!, 9_000, true],
      [second!, 2_000, false],
    ];
    await store.insert(
      'values',
      places.map(([labels, windowEndMs, withdrawn], i) =>
        value({ labels, windowEndMs, withdrawn, labelMap: { team: labels, site: i % 2 === 0 ? 's' : 't' } }),
      ),
    );
    const found = async (query: object): Promise<(readonly [string, number])[]> =>
      (await store.values({ definition: 'd', ...query })).map((row) => [row.labels, row.windowEndMs]);
    const inOrder = [
      [first, 1_000],
      [first, 2_000],
      [second, 2_000],
      [second, 3_000],
      [third, 1_000],
    ];
    expect(await found({})).toEqual(inOrder);
    expect(await found({ rowsMax: 3 })).toEqual(inOrder.slice(0, 3));
    expect(await found({ labels: [third, first], rowsMax: 2 })).toEqual(inOrder.slice(0, 2));
    expect(await found({ lastPerSeries: 1 })).toEqual([inOrder[1], inOrder[3], inOrder[4]]);
    expect(await found({ lastPerSeries: 1, rowsMax: 2, toMs: 3_000 })).toEqual([inOrder[1], inOrder[2]]);
    expect(await found({ labelValues: { team: second } })).toEqual([inOrder[2], inOrder[3]]);
    expect(await found({ labelValues: { team: second, site: 't' } })).toEqual([inOrder[2]]);
    expect(await found({ labelValues: { team: second, nope: 'x' } })).toEqual([]);
  });
}

function jobTests(open: Open, name: string): void {
  test(`11. of all claims of a run exactly one is granted (${name})`, async () => {
    const made = await open();
    const { store } = made;
    const row = jobRun();
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claimRun(row)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await store.jobRuns({ job: 'j', rowsMax: 10 })).toEqual([row]);
    expect(await store.claimRun(row)).toBe(false);
    const ended = jobRun({ endedMs: row.startedMs + 7, outcome: 'failed', reason: 'no receiver', version: 3n });
    await store.insert('job_runs', [ended]);
    expect(await store.claimRun(row)).toBe(false);
    expect(await store.jobRuns({ job: 'j', rowsMax: 10 })).toEqual([ended]);
    // The next attempt is another claim, the one before it no longer one; what a late one writes stays below.
    const second = jobRun({ attempt: 2, startedMs: row.startedMs + 1_000, version: 4n });
    expect(await Promise.all([store.claimRun(second), store.claimRun(second)])).toEqual([true, false]);
    expect(await store.claimRun(row)).toBe(false);
    await store.insert('job_runs', [ended]);
    expect(await store.jobRuns({ job: 'j', rowsMax: 10 })).toEqual([second]);
    expect(await store.claimRun(jobRun({ job: 'k' }))).toBe(true);
    expect(await store.claimRun(jobRun({ scheduledMs: row.scheduledMs + 1 }))).toBe(true);
    if (!made.durable) return;
    const again = await made.reopen();
    expect(await again.claimRun(second)).toBe(false);
    expect(await again.jobRuns({ job: 'k', rowsMax: 10 })).toEqual([jobRun({ job: 'k' })]);
  });

  test(`12. jobRuns gives the latest runs of a job first (${name})`, async () => {
    const { store } = await open();
    const rows = [3, 1, 5, 2, 4].map((n) =>
      jobRun({ scheduledMs: 4_000_000_000_000 + n, reason: WEIRD[n]!, endedMs: n % 2 === 0 ? null : n }),
    );
    await store.insert('job_runs', [...rows, jobRun({ job: 'other' })]);
    const found = async (query: object): Promise<number[]> =>
      (await store.jobRuns({ job: 'j', rowsMax: 100, ...query })).map((row) => row.scheduledMs - 4_000_000_000_000);
    expect(await found({})).toEqual([5, 4, 3, 2, 1]);
    expect(await found({ rowsMax: 2 })).toEqual([5, 4]);
    expect(await found({ fromMs: 4_000_000_000_002, toMs: 4_000_000_000_004 })).toEqual([4, 3, 2]);
    expect(await found({ job: 'none' })).toEqual([]);
    expect((await store.jobRuns({ job: 'j', rowsMax: 100 })).toReversed()).toEqual(
      rows.toSorted((a, b) => a.scheduledMs - b.scheduledMs),
    );
  });
}

function clusterTests(open: Open, name: string): void {
  test(`16. services gives the last row of each process, epochTopics those of all epochs (${name})`, async () => {
    const { store } = await open();
    const seenMs = 4_000_000_000_000;
    const row = { service: 'processor', instance: WEIRD[0]!, seenMs, content: '{"a":1}', version: BigInt(seenMs) };
    const later = { ...row, seenMs: seenMs + 5, content: '{}', version: BigInt(seenMs + 5) };
    const other = { ...row, service: 'alerter' };
    await store.insert('services', [row, later, other]);
    await store.insert('services', [row]);
    expect(await store.services(0)).toEqual([other, later]);
    expect(await store.services(seenMs + 1)).toEqual([later]);
    const topic = { epoch: 0, topic: 'events.w', identity: WEIRD[1]!, partitions: 2, shifts: [0, 7], version: 1n };
    await store.insert('epoch_topics', [{ ...topic, epoch: 1 }, topic]);
    expect(await store.epochTopics()).toEqual([topic, { ...topic, epoch: 1 }]);
  });
}

function seriesTests(open: Open, name: string): void {
  test(`20. label sets are counted and ranked; of limits the one decided first stays (${name})`, async () => {
    const { store } = await open();
    const rows = WEIRD.map((labels, n) => slice({ definition: n < 2 ? 'l1' : 'l2', labels, samples: n - 1 }));
    await store.insert('slices', [...rows, slice({ definition: 'l1', labels: 'z', sliceStartMs: 5, samples: 90 })]);
    await store.insert('slices', [slice({ definition: 'l1', labels: 'z', sliceStartMs: 5, samples: 50, version: 9n })]);
    await store.insert('slices', [slice({ definition: 'l2', labels: WEIRD[0]!, samples: 70 })]);
    const groups = [
      { id: 'both', definitions: ['l1', 'l2'] },
      { id: 'none', definitions: ['l3'] },
    ];
    expect(await store.labelSetCounts(groups)).toEqual(new Map([['both', WEIRD.length + 1]]));
    expect(await store.labelSetCounts([])).toEqual(new Map());
    expect(await store.busiestLabelSets(['l1', 'l2'], 2)).toEqual([WEIRD[0]!, 'z']);
    const row = { id: 'g', kpis: ['k'], seriesMax: 2, labelSets: 9, admitted: [...WEIRD], version: 5n };
    await store.insert('series_limits', [row, { ...row, id: 'f' }]);
    await store.insert('series_limits', [{ ...row, admitted: [], version: 6n }]);
    expect(await store.seriesLimits()).toEqual([{ ...row, id: 'f' }, row]);
    await store.insert('series_limits', [{ ...row, admitted: [], version: 4n }]);
    expect((await store.seriesLimits())[1]).toEqual({ ...row, admitted: [], version: 4n });
  });
}

function letterTests(open: Open, name: string): void {
  test(`18. dead letters are found by each condition, with their latest redrive, in pages, and are counted (${name})`, async () => {
    const { store } = await open();
    const content = { kind: 'csv', headers: WEIRD, cells: WEIRD.toReversed(), ordinal: 2 } as const;
    const rows = [
      deadLetter({ reason: WEIRD.join(''), content }),
      deadLetter({ id: 'l2', workflow: '', source: 'mqtt:a/b', code: 'BODY_INVALID', timeMs: 5, version: 2n }),
      deadLetter({ id: 'l3', source: 'mqtt:a/c', code: 'EVENT_TOO_FAR_AHEAD', eventMs: 900, timeMs: 7, version: 3n }),
      deadLetter({ id: WEIRD[1]!, raw: Buffer.alloc(0), timeMs: 6, version: 4n }),
    ];
    await store.insert('dead_letters', [deadLetter({ reason: 'older', version: 0n }), ...rows]);
    const tries = [
      redrive({ outcome: 'refused', code: 'EVENT_INVALID', reason: WEIRD[2]!, events: 0 }),
      redrive({ way: 'released', timeMs: 8, version: 11n }),
      redrive({ id: 'l2', outcome: 'refused', version: 12n }),
      redrive({ id: 'l3', way: 'set_aside', outcome: 'rejected', version: 13n }),
    ];
    await store.insert('redrives', [...tries, tries[0]!]);
    const last = [tries[1]!, tries[2]!, tries[3]!, null];
    const all = rows.map((letter, i) => ({ letter, last: last[i]! }));
    const bounds = { rowsMax: 10, bytesMax: 1_000 };
    const found = async (query: LetterQuery): Promise<string[]> =>
      (await store.deadLetters(query, { ...bounds, afterId: '' })).map(({ letter }) => letter.id);
    const plain = (tried: readonly TriedLetter[]): unknown =>
      tried.map(({ letter, last: latest }) => ({ letter: { ...letter, raw: [...letter.raw] }, last: latest }));
    expect(plain(await store.deadLetters({}, bounds))).toEqual(plain([all[0]!, all[2]!, all[3]!, all[1]!]));
    expect(await found({})).toEqual([WEIRD[1], 'l1', 'l2', 'l3']);
    expect(await found({ workflow: '' })).toEqual(['l2']);
    expect(await found({ code: 'EVENT_INVALID' })).toEqual([WEIRD[1], 'l1']);
    expect(await found({ source: 'mqtt:a/b' })).toEqual(['l2']);
    expect(await found({ source: 'mqtt:a/*' })).toEqual(['l2', 'l3']);
    expect(await found({ sinceMs: 7 })).toEqual(['l1', 'l3']);
    expect(await found({ ids: ['l3', 'nope'] })).toEqual(['l3']);
    expect(await found({ state: 'open' })).toEqual([WEIRD[1], 'l2']);
    expect(await found({ state: 'accepted' })).toEqual(['l1']);
    expect(await found({ state: 'rejected', code: 'EVENT_TOO_FAR_AHEAD' })).toEqual(['l3']);
    expect(await found({ eventToMs: 900 })).toEqual(['l3']);
    expect(await found({ eventToMs: 899 })).toEqual([]);
    const page = async (afterId: string, rowsMax: number, bytesMax: number): Promise<string[]> =>
      (await store.deadLetters({}, { afterId, rowsMax, bytesMax })).map(({ letter }) => letter.id);
    expect(await page('l1', 1, 1_000)).toEqual(['l2']);
    expect(await page('l1', 10, 7)).toEqual(['l2']);
    expect(await page('l1', 10, 8)).toEqual(['l2', 'l3']);
    expect(await page('l1', 10, 0)).toEqual(['l2']);
    const count = { workflow: 'w', source: 'http:json', code: 'EVENT_INVALID', count: 1 };
    expect(await store.deadLetterCounts({ code: 'EVENT_INVALID' }, 'source', 10)).toEqual([
      { ...count, state: 'accepted', latestMs: rows[0]!.timeMs, reason: rows[0]!.reason },
      { ...count, state: 'open', latestMs: 6, reason: rows[3]!.reason },
    ]);
    await store.insert('dead_letters', [deadLetter({ id: 'l5', timeMs: 60, reason: 'later', version: 9n })]);
    expect(await store.deadLetterCounts({ state: 'open' }, 'source', 1)).toEqual([
      { ...count, state: 'open', count: 2, latestMs: 60, reason: 'later' },
    ]);
    const byCode = await store.deadLetterCounts({}, 'code', 10);
    const counts = byCode.map(({ workflow, source, ...rest }) => [workflow, source, rest.code, rest.state, rest.count]);
    expect(counts).toEqual([
      ['', '', 'EVENT_INVALID', 'open', 2],
      ['', '', 'BODY_INVALID', 'open', 1],
      ['', '', 'EVENT_INVALID', 'accepted', 1],
      ['', '', 'EVENT_TOO_FAR_AHEAD', 'rejected', 1],
    ]);
  });
}

async function expectNoSql(store: KpiStore): Promise<void> {
  await expect(store.query('SELECT 1', 'TSV')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
}

async function expectQueries(store: KpiStore): Promise<void> {
  const text = async (statement: string, format = 'TSV'): Promise<string> =>
    Buffer.from(await store.query(statement, format)).toString();
  await store.insert('events', [event(), event({ id: 'e2', offset: 1, version: 1n })]);
  expect(await text("SELECT id FROM events WHERE dimensions['team'] = 'north' ORDER BY id;")).toBe('e1\ne2\n');
  expect(await text('SELECT 1 AS x', 'JSONEachRow')).toBe('{"x":1}\n');
  expect(await text("SELECT 'file(1)', max(number) AS file FROM numbers(3) -- file(1)")).toBe('file(1)\t2\n');
  expect(await text("(SELECT count() FROM merge('default', '^events$'))")).toBe('2\n');
  for (const statement of [
    'INSERT INTO events SELECT * FROM events',
    'DROP TABLE events',
    'SET readonly = 0',
    'SELECT 1 SETTINGS max_result_rows = 0',
    'SELECT 1; SELECT 2',
    "SELECT * FROM file('x', LineAsString)",
    "SELECT 1 INTO OUTFILE 'x'",
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    'SELECT /* */ "file" /* */ (\'/etc/passwd\')',
    "WITH x AS (SELECT file('/etc/passwd') AS line) SELECT line FROM x",
    "SELECT 1 WHERE file('/etc/passwd') != ''",
    "EXPLAIN SELECT file('/etc/passwd')",
    "DESCRIBE TABLE file('/etc/passwd', 'LineAsString')",
    "DESCRIBE TABLE url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', NOSIGN, 'CSV')",
    "SELECT * FROM (SELECT * FROM filesystem('/etc'))",
    "SELECT hasColumnInTable('127.0.0.1', 'u', 'p', 'd', 't', 'c')",
  ])
    await expect(store.query(statement, 'TSV'), statement).rejects.toMatchObject({ code: 'QUERY_NOT_READ_ONLY' });
  await expect(store.query('SELECT number FROM numbers(1000001)', 'TSV')).rejects.toMatchObject({
    code: 'QUERY_LIMIT',
  });
  await expect(store.query('SELECT groupArray(number) FROM numbers(1000000000)', 'TSV')).rejects.toMatchObject({
    code: 'QUERY_LIMIT',
  });
  await expect(store.query('SELECT nope FROM events', 'TSV')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
  // What failed leaves nothing behind for the next statement, and its limits none for the folds.
  const half = 'SELECT number, throwIf(number = 700000) FROM numbers(900000)';
  const results = await Promise.allSettled([text(half), text('SELECT 42'), text('SELECT 43')]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
    'failed',
    '42\n',
    '43\n',
  ]);
  await store.insert('events', [event({ id: 'e3', offset: 2, version: 2n })]);
  expect(await store.caseEvents('w', 0, ['c1'], 100)).toHaveLength(3);
}
