import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contributionsOf } from '../../services/shared/core/measure/case-folds.ts';
import type { Condition, Definition, Measure, Selector } from '../../services/shared/core/definition.ts';
import { activityRanks, inOrder } from '../../services/shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import { clockOf } from '../../services/shared/core/measure/clock.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import { distinctAmount } from '../../services/shared/core/aggregate/distinct-state.ts';
import { contributionsSql } from '../../services/shared/core/verify/sql-contributions.ts';
import { textArray } from '../../services/shared/core/verify/sql-text.ts';
import { planWorkflow } from '../../services/shared/core/measure/workflow-plan.ts';
import { Random } from '../simulation/random.ts';
import { type ChdbStore, openChdbStore } from '../support/chdb-store.ts';
import { anyCase, anyDefinition, START_MS } from '../support/verify-cases.ts';
import { chdbMissing } from './chdb-missing.ts';

const DAY_MS = 86_400_000;
const SPAN = { firstMs: START_MS - DAY_MS, lastMs: START_MS + 30 * DAY_MS };
const CASES = 200;
const DEFINITIONS = 45;

/** What every case contributes by the fold: how often, by `case time labels amount part`. */
function byFold(definition: Definition, cases: readonly (readonly LoggedEvent[])[]): Map<string, number> {
  const plan = planWorkflow([definition], activityRanks(definition.activities));
  const sums = new Map<string, number>();
  for (const events of cases) {
    for (const { timeMs, labels, amount, part, sign } of contributionsOf(plan, inOrder(events, plan.order))) {
      const key = [events[0]!.caseId, timeMs, labels, amount, part].join(' ');
      sums.set(key, (sums.get(key) ?? 0) + sign);
    }
  }
  return new Map([...sums].filter(([, times]) => times !== 0));
}

/** The fold's word for what the SQL marks. */
function partOf({ aggregate }: Definition, mark: number): number {
  if (aggregate.kind === 'integral') return mark < 0 ? 2 : mark;
  if (aggregate.kind === 'age') return mark < 0 ? 1 : 0;
  if (aggregate.kind === 'ratio') return Math.min(mark, 1);
  return aggregate.kind === 'level' && aggregate.of !== undefined && mark < 0 ? 1 : 0;
}

describe.skipIf(chdbMissing !== false)(`contributions by SQL (skipped only without chDB: ${chdbMissing})`, () => {
  let chdb: ChdbStore;
  beforeAll(async () => {
    chdb = await openChdbStore();
  });
  afterAll(() => chdb.close());

  /** A value counts as a hash on both sides, of unlike kinds: that of the fold by that of the SQL, for all values there are. */
  async function hashesOf(events: readonly LoggedEvent[]): Promise<Map<string, string>> {
    const texts = new Set(events.flatMap(({ caseId, dimensions }) => [caseId, ...Object.values(dimensions)]));
    const rows = await chdb.rows<Record<'text' | 'hash', string>>(
      `SELECT arrayJoin(${textArray([...texts])}) AS text, toString(reinterpretAsUInt128(sipHash128(text))) AS hash`,
    );
    return new Map(rows.map(({ text, hash }) => [hash, String(distinctAmount(text))]));
  }

  /** The same definition, which admits every other label set that there is; that it has a row is what its SQL relies on. */
  async function limited(definition: Definition, all: ReadonlyMap<string, number>): Promise<Definition> {
    const sets = [...new Set([...all.keys()].flatMap((key) => key.match(/\[\[.*\]\]/s) ?? []))].sort();
    const version = { ...definition, hash: `${definition.hash}_some`, admitted: sets.filter((_, n) => n % 2 === 0) };
    const { kpi, workflow, hash } = version;
    const row = { hash, kpi, workflow, content: JSON.stringify(version), active: true, version: 1n };
    await chdb.store.insert('definitions', [row]);
    return version;
  }

  /** The same by SQL. */
  async function bySql(definition: Definition, hashes = new Map<string, string>()): Promise<Map<string, number>> {
    const sql = contributionsSql(definition, SPAN)({ fromMs: null, toMs: null });
    const rows = await chdb.rows<
      Record<'case_id' | 'amount', string> & { time: number; mark: number; labels: string[] }
    >(`SELECT case_id, time, labels, toString(amount) AS amount, mark FROM (${sql})`);
    const sums = new Map<string, number>();
    for (const { case_id, time, labels, amount, mark } of rows) {
      const named = Object.fromEntries(definition.by.map(({ dimension }, n) => [dimension, labels[n]!]));
      const part = partOf(definition, mark);
      // The fold counts the time of an entry on a clock of its own.
      const entryMs = Number(amount) * mark;
      const added = definition.aggregate.kind === 'age' ? mark * clockOf(definition)(entryMs) : amount;
      const shown = definition.measure.kind === 'distinct' ? hashes.get(amount) : added;
      const key = [case_id, time, encodeLabels(named), shown, part].join(' ');
      sums.set(key, (sums.get(key) ?? 0) + 1);
    }
    return sums;
  }

  test.each([1, 2])('seed %i: of any definition the same as by the fold', { timeout: 120_000 }, async (seed) => {
    const random = new Random(seed);
    const cases = Array.from({ length: CASES }, (_, n) => anyCase(random, `${seed}/${n}`, n * 20, `w${seed}`));
    await chdb.archive(cases.flat());
    const hashes = await hashesOf(cases.flat());
    const kinds = new Set<string>();
    let contributions = 0;
    let others = 0;
    for (let n = 0; n < DEFINITIONS; n++) {
      const definition = { ...anyDefinition(random, n), workflow: `w${seed}`, hash: `hash_${seed}_${n}` };
      const expected = byFold(definition, cases);
      contributions += expected.size;
      const actual = await bySql(definition, hashes);
      expect(actual, JSON.stringify(definition)).toEqual(expected);
      kinds.add(definition.measure.kind);
      if (definition.by.length === 0) continue;
      const version = await limited(definition, expected);
      const counted = byFold(version, cases);
      others += [...counted.keys()].some((key) => key.includes('__other__')) ? 1 : 0;
      expect(await bySql(version, hashes), JSON.stringify(version)).toEqual(counted);
    }
    expect(contributions).toBeGreaterThan(2_500);
    expect(kinds.size).toBe(11);
    expect(others).toBeGreaterThan(20);
  });

  const select = (activity: string, occurrence: Selector['occurrence'], where: Condition[] = []): Selector => {
    return { activity, occurrence, where };
  };
  const hand = (measure: Measure, rest: Partial<Definition> = {}): Definition => ({
    ...anyDefinition(new Random(1), 0),
    workflow: 'hand',
    where: [],
    by: [],
    scale: 2,
    aggregate: { kind: 'sum' },
    measure,
    ...rest,
  });
  const happened = (
    caseId: string,
    id: string,
    activity: string,
    minute: number,
    rest: Partial<LoggedEvent> = {},
  ): LoggedEvent => ({
    workflow: 'hand',
    caseId,
    id,
    kind: 'event',
    activity,
    timeMs: START_MS + minute * 60_000,
    dimensions: {},
    value: null,
    target: null,
    importId: null,
    offset: Number(id),
    appendMs: 0,
    ...rest,
  });

  test('by hand: pairs, values, corrections and withdrawals', async () => {
    const north = { team: 'north' };
    const decimal = (unscaled: bigint): LoggedEvent['value'] => ({ unscaled, scale: 3 });
    await chdb.archive([
      happened('a', '1', 'opened', 0, { dimensions: north }),
      happened('a', '2', 'opened', 5),
      happened('a', '3', 'closed', 7, { value: decimal(12_345n) }),
      happened('a', '4', 'closed', 9),
      happened('a', '5', 'correct', 0),
      happened('a', '6', 'closed', 11, {
        kind: 'correct',
        target: '4',
        dimensions: { team: 'south' },
        value: decimal(-5n),
      }),
      happened('b', '7', 'opened', 0),
      happened('b', '8', 'closed', 1, { value: decimal(1_000n) }),
      happened('b', '9', '', 2, { kind: 'void' }),
      happened('c', '10', 'opened', 0),
      happened('c', '11', 'closed', 3),
      happened('c', '12', '', 4, { kind: 'void', target: '11' }),
    ]);
    const minute = (n: number): number => START_MS + n * 60_000;
    const inTurn = hand({ kind: 'duration', from: select('opened', 'each'), to: select('closed', 'each') });
    expect([...(await bySql({ ...inTurn, by: [{ dimension: 'team', at: 'to' }] })).keys()].toSorted()).toEqual([
      `a ${minute(7)} [["team","north"]] 420000 0`,
      `a ${minute(11)} [["team","south"]] 360000 0`,
    ]);
    const values = hand({ kind: 'event', event: select('closed', 'each') });
    // Half away from zero at two digits.
    expect([...(await bySql(values)).keys()].toSorted()).toEqual([
      `a ${minute(7)} [] 1235 0`,
      `a ${minute(11)} [] -1 0`,
    ]);
    const open = hand({ kind: 'open', from: select('opened', 'first'), to: select('closed', 'last') });
    expect([...(await bySql({ ...open, aggregate: { kind: 'level' } })).keys()].toSorted()).toEqual([
      `a ${minute(0)} [] 1 0`,
      `a ${minute(11)} [] -1 0`,
      `c ${minute(0)} [] 1 0`,
    ]);
  });

  test('what has no SQL is said, also a part that was added to a known kind', () => {
    const unknown =
      (measure: object): (() => unknown) =>
      () =>
        contributionsSql(hand(measure as Measure), SPAN);
    const sides = { from: select('opened', 'first'), to: select('closed', 'first') };
    expect(unknown({ kind: 'other' })).toThrow(/^other$/);
    expect(unknown({ kind: 'duration', ...sides, pause: [] })).toThrow(/^duration with pause$/);
    expect(unknown({ kind: 'event', event: { ...sides.from, nth: 2 } })).toThrow(/^selector with nth$/);
    const odd = { op: 'regexp', dimension: 'team', pattern: 'n.*' } as unknown as Condition;
    expect(unknown({ kind: 'event', event: select('opened', 'each', [odd]) })).toThrow(/^condition regexp$/);
    expect(() =>
      contributionsSql({ ...hand({ kind: 'event', event: sides.from }), offset: 1 } as Definition, SPAN),
    ).toThrow(/^definition with offset$/);
  });
});
