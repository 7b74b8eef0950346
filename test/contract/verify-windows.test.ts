import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FiscalWeeks, WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import type { Aggregate, Definition, Measure, WindowSpec } from '../../services/shared/core/definition.ts';
import { contributionsSql } from '../../services/shared/core/verify/sql-contributions.ts';
import { windowsSql } from '../../services/shared/core/verify/sql-windows.ts';
import {
  isBetween,
  sliceEnd,
  sliceStart,
  TOTAL_END_MS,
  windowStart,
} from '../../services/shared/core/window/window.ts';
import { Random } from '../simulation/random.ts';
import { type ChdbStore, openChdbStore } from '../support/chdb-store.ts';
import { anyCase, anyDefinition, HOURS, START_MS } from '../support/verify-cases.ts';
import { chdbMissing } from './chdb-missing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SPAN = { firstMs: START_MS - DAY_MS, lastMs: START_MS + 30 * DAY_MS };
/** Some contributions lie before, some after. */
const ENDS = { afterMs: START_MS + 5 * HOUR_MS, untilMs: START_MS + 6 * DAY_MS };

const SHIFTS: WorkingHours = {
  calendar: 'crew',
  zone: 'Europe/Berlin',
  week: [0, 1, 2, 3, 4, 5, 6].map((day) => [
    { fromMinute: 120, toMinute: 840, shift: 'early' },
    ...(day === 6 ? [] : [{ fromMinute: 900, toMinute: 1500, shift: 'night' }]),
  ]),
  closed: ['2025-03-31'],
  makeUp: [],
  special: [],
};

/** Its first quarter of 2025 ends within the events. */
const WEEKS: FiscalWeeks = { ends: 'last', weekday: 5, month: 3, quarters: [4, 4, 5] };

const WINDOWS: readonly WindowSpec[] = [
  { kind: 'total' },
  { kind: 'rolling', sizeMs: 4 * HOUR_MS, everyMs: HOUR_MS },
  { kind: 'rolling', sizeMs: 28 * DAY_MS, everyMs: DAY_MS },
  { kind: 'to-date', unit: 'day', zone: 'Europe/Berlin', everyMs: HOUR_MS },
  { kind: 'to-date', unit: 'fiscal-quarter', zone: 'Asia/Kathmandu', fiscalMonth: 4, everyMs: DAY_MS },
  { kind: 'tumbling', unit: 'fiscal-month', zone: 'Europe/Berlin', fiscalWeeks: WEEKS },
  { kind: 'to-date', unit: 'fiscal-quarter', zone: 'Europe/Berlin', fiscalWeeks: WEEKS, everyMs: DAY_MS },
  { kind: 'shift', hours: SHIFTS },
  { kind: 'shift', hours: SHIFTS, only: ['night'] },
  { kind: 'to-date', unit: 'shift', zone: 'Europe/Berlin', hours: SHIFTS, everyMs: HOUR_MS },
  { kind: 'to-date', unit: 'shift', zone: 'Europe/Berlin', hours: SHIFTS, only: ['night'], everyMs: HOUR_MS / 4 },
  { kind: 'tumbling', unit: 'hour', zone: 'Asia/Kathmandu' },
  { kind: 'tumbling', unit: 'day', zone: 'Europe/Berlin' },
  { kind: 'tumbling', unit: 'fiscal-quarter', zone: 'UTC', fiscalMonth: 4 },
];
/** One of each way in which windows are put together in SQL. */
const SHAPES = WINDOWS.filter((_, n) => [0, 1, 3, 10].includes(n));
const AGGREGATES: readonly Aggregate[] = [
  ...(['count', 'sum', 'mean', 'min', 'max', 'last'] as const).map((kind) => ({ kind })),
  { kind: 'percentile', q: 0.55 },
];
const EACH = { activity: 'any', occurrence: 'each', where: [] } as const;
const SIDES = { from: { ...EACH, activity: 'opened' }, to: { ...EACH, activity: 'closed' } } as const;
const MEASURES: readonly { readonly measure: Measure; readonly aggregates: readonly Aggregate[] }[] = [
  { measure: { kind: 'event', event: EACH }, aggregates: AGGREGATES },
  {
    measure: {
      kind: 'ratio',
      numerator: { event: EACH, aggregate: 'sum' },
      denominator: { event: { ...EACH, activity: 'opened' }, aggregate: 'count' },
    },
    aggregates: [{ kind: 'ratio' }],
  },
  {
    measure: { kind: 'distinct', event: EACH, dimension: 'team' },
    aggregates: [{ kind: 'distinct', approximate: false }],
  },
  // Entries of a page may lie long before it: their deadlines are in it.
  {
    measure: { kind: 'within', ...SIDES, limits: { defaultMs: 26 * HOUR_MS, where: [] }, hours: HOURS },
    aggregates: [{ kind: 'ratio' }],
  },
];
/** Every aggregate in every shape, and every window. */
const COMBINATIONS = [
  ...MEASURES.flatMap(({ measure, aggregates }) =>
    SHAPES.filter(({ kind }) => measure.kind !== 'within' || kind !== 'total').flatMap((window) =>
      aggregates.map((aggregate) => ({ measure, window, aggregate })),
    ),
  ),
  ...WINDOWS.filter((window) => !SHAPES.includes(window)).map((window) => {
    return { measure: MEASURES[0]!.measure, window, aggregate: { kind: 'mean' } as const };
  }),
  {
    measure: { kind: 'open', ...SIDES } as const,
    window: { kind: 'instant', everyMs: HOUR_MS } as const,
    aggregate: { kind: 'level' } as const,
  },
];

interface Contribution {
  readonly time: number;
  readonly amount: string;
  readonly mark: number;
  /** Of a last: time, rank, activity, id and case. */
  readonly event_order: readonly [number, number, string, string, string];
  readonly labels: readonly string[];
}

describe.skipIf(chdbMissing !== false)(`windows by SQL (skipped only without chDB: ${chdbMissing})`, () => {
  let chdb: ChdbStore;
  const known = new Map<string, readonly Contribution[]>();
  beforeAll(async () => {
    chdb = await openChdbStore();
    const random = new Random(3);
    await chdb.archive(Array.from({ length: 60 }, (_, n) => anyCase(random, `c${n}`, n * 20, 'w')).flat());
  });
  afterAll(() => chdb.close());

  /** What contributes, whatever the window: read once for all that are alike. */
  async function allOf(contributions: string): Promise<readonly Contribution[]> {
    let all = known.get(contributions);
    if (all === undefined) {
      const sql = `SELECT time, labels, toString(amount) AS amount, mark, event_order FROM (${contributions})`;
      known.set(contributions, (all = await chdb.rows<Contribution>(sql)));
    }
    return all;
  }

  test.each(COMBINATIONS)('$measure.kind $aggregate.kind in $window', async (parts) => {
    const by = [{ dimension: 'grade', at: 'first' }] as const;
    const definition: Definition = { ...anyDefinition(new Random(1), 0), where: [], by, scale: 2, ...parts };
    const contributions = contributionsSql(definition, SPAN);
    const all = await allOf(contributions({ fromMs: null, toMs: null }));
    const rows = await chdb.rows<{ labels: string[]; end_ms: number; n: number; a: string; b: string }>(
      windowsSql(definition, contributions, ENDS, SPAN),
    );
    const shown = (a: string): string => (parts.aggregate.kind === 'percentile' ? String(Number(a)) : a);
    const actual = rows.map(({ labels, end_ms, n, a, b }) => `${labels[0]} ${end_ms}: ${n} ${shown(a)} ${b}`.trimEnd());
    expect(actual.toSorted()).toEqual(byHand(definition, all));
    expect(actual.length).toBeGreaterThan(1);
  });
});

/** Every window that must have a row, by going through all contributions for each. */
function byHand(definition: Definition, all: readonly Contribution[]): string[] {
  const { window } = definition;
  const found = new Set<string>();
  for (const { time, labels } of all) {
    const enters = sliceEnd(window, sliceStart(window, time));
    if (isBetween(window, time)) continue;
    for (const endMs of endsAt(window, time, enters)) {
      if (endMs !== TOTAL_END_MS && (endMs <= ENDS.afterMs || endMs > ENDS.untilMs)) continue;
      const fromMs = window.kind === 'instant' || window.kind === 'total' ? -Infinity : windowStart(window, endMs);
      const inside = all.filter((one) => one.labels[0] === labels[0] && one.time >= fromMs && one.time < endMs);
      found.add(`${labels[0]} ${endMs}: ${inside.length} ${sums(definition.aggregate, inside)}`.trimEnd());
    }
  }
  return [...found].toSorted();
}

/** Where a contribution enters, and where it leaves if its window is one that it leaves. */
function endsAt(window: WindowSpec, time: number, enters: number): number[] {
  if (window.kind === 'rolling') return [enters, enters + window.sizeMs];
  if (window.kind !== 'to-date') return [enters];
  if (window.unit === 'shift') {
    const { kind: _so, unit: _far, zone: _zone, everyMs: _steps, ...shifts } = window;
    const whole = { kind: 'shift', ...shifts } as const;
    const after = sliceEnd(whole, time);
    return [enters, sliceEnd(window, isBetween(whole, after) ? sliceEnd(whole, after) : after)];
  }
  const { kind: _kind, everyMs: _everyMs, ...unit } = window;
  const next = sliceEnd({ kind: 'tumbling', ...unit }, time);
  return [enters, sliceEnd(window, next)];
}

function sums(aggregate: Aggregate, inside: readonly Contribution[]): string {
  const amounts = inside.map(({ amount }) => BigInt(amount));
  const ordered = amounts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = (of: readonly bigint[]): bigint => of.reduce((total, amount) => total + amount, 0n);
  switch (aggregate.kind) {
    case 'count':
      return String(inside.length);
    case 'min':
      return String(ordered[0] ?? 0n);
    case 'max':
      return String(ordered.at(-1) ?? 0n);
    case 'last':
      return inside.length === 0 ? '0' : inside.toSorted(byOrder).at(-1)!.amount;
    case 'distinct':
      return String(new Set(amounts).size);
    case 'percentile': {
      // 55 of 100: a whole number times n, so that no rounding decides.
      const rank = Math.ceil((55 * inside.length) / 100);
      return inside.length === 0 ? 'NaN' : String(Number(ordered[rank - 1]));
    }
    case 'ratio':
      return [0, 1]
        .map((side) => String(sum(amounts.filter((_, n) => Math.min(inside[n]!.mark, 1) === side))))
        .join(' ');
    case 'level':
      return `${sum(amounts)} ${inside.reduce((total, { mark }) => total + mark, 0)}`;
    default:
      return String(sum(amounts));
  }
}

function byOrder({ event_order: a }: Contribution, { event_order: b }: Contribution): number {
  const at = a.findIndex((part, n) => part !== b[n]);
  return at === -1 ? 0 : a[at]! < b[at]! ? -1 : 1;
}
