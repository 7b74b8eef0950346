import type {
  Aggregate,
  Condition,
  Definition,
  LabelSpec,
  Limits,
  Measure,
  Selector,
} from '../../services/shared/core/definition.ts';
import { parseDecimal } from '../../services/shared/core/decimal.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';
import type { WorkingHours } from '../../services/shared/core/calendar/calendar.ts';
import type { Random } from '../simulation/random.ts';

const ACTIVITIES = ['opened', 'worked', 'closed'] as const;
/** 2025-03-27: a clock goes forward in Europe three days later. */
export const START_MS = 1_743_033_600_000;

/** Hours of a calendar with all that one may have. */
export const HOURS: WorkingHours = {
  calendar: 'shop',
  zone: 'Europe/Berlin',
  week: [0, 1, 2, 3, 4, 5, 6].map((day) =>
    day > 4
      ? []
      : [
          { fromMinute: 480, toMinute: 720 },
          { fromMinute: 1320, toMinute: 1800 },
        ],
  ),
  closed: ['2025-03-31'],
  makeUp: ['2025-03-29'],
  special: [{ date: '2025-04-02', spans: [{ fromMinute: 60, toMinute: 61 }] }],
};

const VALUES = ['12.5', '-0.005', '0', '1000000000000000000000.000001', '-3', '0.015', '7', null, null];
const TEAMS = ['north', "sou'th", 'no\\rth', '', '北\n'];

/** One definition of any measure, chosen by `random`. */
export function anyDefinition(random: Random, n: number): Definition {
  const measure = anyMeasure(random);
  return {
    kpi: `kpi_${n}`,
    hash: `hash_${n}`,
    workflow: 'w',
    activities: ACTIVITIES,
    measure,
    aggregate: aggregateOf(measure, random),
    by: anyLabels(measure, random),
    where: anyConditions(random),
    window: { kind: 'total' },
    scale: random.pick([0, 2, 6]),
    unit: random.pick(['ms', 's', 'h']),
    settleMs: 0,
  };
}

function anyMeasure(random: Random): Measure {
  switch (random.below(13)) {
    case 0:
      return { kind: 'event', event: anySelector(random) };
    case 1: {
      const part = (): { event: Selector; aggregate: 'count' | 'sum' } => ({
        event: anySelector(random),
        aggregate: random.pick(['count', 'sum']),
      });
      return { kind: 'ratio', numerator: part(), denominator: part() };
    }
    case 2:
      return { kind: 'open', from: anySelector(random), to: anySelector(random) };
    case 3: {
      const sides = { from: anySelector(random), to: anySelector(random), limits: anyLimits(random) };
      return random.below(2) === 0 ? { kind: 'within', ...sides } : { kind: 'within', ...sides, hours: HOURS };
    }
    case 4: {
      const count = random.pick(['repeats', 'cases', 'rate'] as const);
      const same = random.pick([[], [], ['team'], ['grade', 'team']]);
      const to =
        count !== 'rate' || random.below(2) === 0 ? null : { ...anySelector(random), occurrence: 'first' as const };
      return { kind: 'rework', of: each(anySelector(random)), count, same, to };
    }
    case 5:
    case 6:
      return anyConversion(random);
    case 7:
      return { kind: 'counter', event: each(anySelector(random)), rollover: random.pick([null, '10', '12.5']) };
    case 8:
      return { kind: 'distinct', event: anySelector(random), dimension: random.pick([null, 'team', 'grade']) };
    case 9:
      return {
        kind: 'session',
        event: { ...anySelector(random), occurrence: 'each' },
        gapMs: random.pick([1234, 3_600_000, 7 * 3_600_000]),
        of: random.pick(['length', 'events']),
      };
    case 10:
      return { kind: 'open', from: anySelector(random), to: anySelector(random), of: 'age' };
    case 11: {
      const of = random.pick([null, 'grade']);
      const states = random.pick([null, of === null ? ['worked', 'also'] : ['g1', '(none)']]);
      const to = random.pick([null, each(anySelector(random))]);
      return { kind: 'state', event: each(anySelector(random)), of, in: states, to };
    }
    default: {
      const sides = { from: anySelector(random), to: anySelector(random) };
      return random.below(2) === 0 ? { kind: 'duration', ...sides } : { kind: 'duration', ...sides, hours: HOURS };
    }
  }
}

const each = (selector: Selector): Selector => ({ ...selector, occurrence: 'each' });

function anyConversion(random: Random): Measure {
  const inTurn = random.below(2) === 0;
  const side = (): Selector => (inTurn ? each(anySelector(random)) : anySelector(random));
  const afterMs = random.pick([0, 0, 1234, 3_600_000]);
  return {
    kind: 'conversion',
    from: side(),
    to: side(),
    afterMs,
    withinMs: random.pick([null, afterMs, 7 * 3_600_000 + 1234, 26 * 3_600_000]),
    count: random.pick(['flow', 'cohort']),
  };
}

function anyLimits(random: Random): Limits {
  const limit = (): number => random.pick([0, 1234, 3_600_000, 26 * 3_600_000]);
  const where = [
    { conditions: [{ op: 'in', dimension: 'grade', values: ['g1'] }] as const, limitMs: limit() },
    { conditions: [{ op: 'gt', field: 'value', limit: '0' }] as const, limitMs: limit() },
  ];
  return { defaultMs: limit(), where: where.slice(random.below(3)) };
}

function aggregateOf(measure: Measure, random: Random): Aggregate {
  const { kind } = measure;
  if (measure.kind === 'open' && measure.of === 'age') return { kind: 'age', of: random.pick(['mean', 'sum', 'max']) };
  if (measure.kind === 'state') return { kind: 'integral', of: 'time' };
  if (measure.kind === 'event' && measure.event.occurrence === 'each' && random.below(2) === 0)
    return { kind: 'integral', of: 'mean' };
  if (kind === 'open') return random.pick<Aggregate>([{ kind: 'level' }, { kind: 'level', of: 'sum' }]);
  if (kind === 'distinct') return { kind, approximate: random.below(2) === 0 };
  if (kind === 'ratio' || kind === 'within' || kind === 'conversion') return { kind: 'ratio' };
  if (kind === 'rework' && measure.count === 'rate') return { kind: 'ratio' };
  if (kind === 'event' && random.below(4) === 0) return { kind: 'last' };
  return random.pick<Aggregate>([
    { kind: 'count' },
    { kind: 'sum' },
    { kind: 'mean' },
    { kind: 'min' },
    { kind: 'max' },
    { kind: 'percentile', q: 0.55 },
  ]);
}

function anySelector(random: Random): Selector {
  return {
    activity: random.pick(['any', ...ACTIVITIES, 'unlisted']),
    occurrence: random.pick(['first', 'last', 'each']),
    where: random.below(3) === 0 ? anyConditions(random) : [],
  };
}

function anyConditions(random: Random): Condition[] {
  const conditions: Condition[] = [
    { op: 'in', dimension: 'team', values: ['north', "sou'th", ''] },
    { op: 'not-in', dimension: 'team', values: ['no\\rth'] },
    { op: 'prefix', dimension: 'team', prefix: 'no' },
    { op: 'not-prefix', dimension: 'grade', prefix: 'g1' },
    {
      op: 'any-of',
      alternatives: [
        { op: 'in', dimension: 'grade', values: ['g1'] },
        { op: 'prefix', dimension: 'team', prefix: '北' },
      ],
    },
    {
      op: random.pick(['lt', 'lte', 'gt', 'gte', 'eq', 'ne']),
      field: 'value',
      limit: random.pick(['0', '-3.00', '0.015', '12.5', '1e21', '-0.0051']),
    },
  ];
  return random.below(2) === 0 ? [] : [random.pick(conditions)];
}

function anyLabels({ kind }: Measure, random: Random): LabelSpec[] {
  if (kind === 'state' && random.below(2) === 0)
    return [
      { dimension: 'team', at: random.pick(['to', 'last'] as const) },
      { dimension: 'state', at: 'state' },
    ];
  const anchors =
    kind === 'open' || kind === 'within' || kind === 'conversion'
      ? (['from', 'first', 'last'] as const)
      : (['from', 'to', 'first', 'last'] as const);
  const names = random.pick([[], ['team'], ['grade', 'team']]);
  return names.map((dimension) => ({ dimension, at: random.pick(anchors) }));
}

/** Events of one case, with duplicates, corrections, withdrawals and equal times among them; in the order of the log. */
export function anyCase(random: Random, caseId: string, firstOffset: number, workflow: string): LoggedEvent[] {
  const count = 1 + random.below(9);
  const plain = random.below(3) > 0;
  return Array.from({ length: count }, (_, n) => {
    const kind = plain || n === 0 ? 'event' : random.pick(['event', 'event', 'correct', 'void'] as const);
    const target = `e${random.below(n + 1)}`;
    const value = random.pick(VALUES);
    return {
      workflow,
      caseId,
      id: `e${n}`,
      kind,
      activity: kind === 'void' ? '' : random.pick([...ACTIVITIES, 'unlisted', 'also']),
      timeMs: START_MS + random.below(8) * 3_600_000 * random.pick([1, 7, 24]) + random.below(2) * 1234,
      dimensions: {
        ...(random.below(2) === 0 ? { team: random.pick(TEAMS) } : {}),
        ...(random.below(3) === 0 ? { grade: random.pick(['g1', 'g12', 'x']) } : {}),
      },
      value: value === null ? null : parseDecimal(value),
      target: kind === 'event' ? null : kind === 'void' && random.below(6) === 0 ? null : target,
      importId: null,
      offset: firstOffset + n,
      appendMs: 0,
    };
  });
}
