// KPIs that are computed from others, from the amounts of those alone. Imports nothing from services/.

/** What a measured KPI comes to in the window of it that ends last at or before a time. */
export interface AsOf {
  readonly value: number | null;
  readonly samples: number;
}

/** Gives an input of the same labels as of a time. */
type InputAsOf = (kpi: string, timeMs: number) => AsOf;

/** Gives an input as of the end of the window, or as of another time. */
type At = (kpi: string, timeMs?: number) => AsOf;

/** When a window ends, and how far time has come: until where all events are in. */
interface Time {
  readonly endMs: number;
  readonly reachedMs: number;
}

interface Derived {
  /** Every measured KPI below it. */
  readonly from: readonly string[];
  /** Those at whose window ends it has rows. */
  readonly rowsOf: readonly string[];
  /** Its windows are days, which begin so long after those of UTC: it has a row where an hour that ends in one has. */
  readonly dayShiftMs?: number;
  compute(at: At, time: Time): AsOf;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** When days begin in Lagos and Kathmandu, against UTC. */
const LAGOS = -HOUR;
const KATHMANDU = -5.75 * HOUR;

/** The end of the day that an hour is in; the one that ends at midnight is in the day before. */
export function dayEnd(hourEndMs: number, dayShiftMs: number): number {
  return Math.ceil((hourEndMs - dayShiftMs) / DAY) * DAY + dayShiftMs;
}

function hoursOf(kpi: string, dayEndMs: number, at: At): AsOf[] {
  return Array.from({ length: 24 }, (_, hour) => at(kpi, dayEndMs - DAY + (hour + 1) * HOUR));
}

/** Mean pieces of the hours of a Lagos day. */
function piecesMean(at: At, { endMs, reachedMs }: Time): AsOf {
  const hours = hoursOf('pieces', endMs, at);
  const worked = (hour: AsOf): boolean => hour.samples > 0;
  const first = hoursOf('pieces', endMs - DAY, at).some(worked) ? 0 : hours.findIndex(worked);
  if (first < 0) return { value: null, samples: 0 };
  const through = reachedMs >= endMs ? 23 : hours.findLastIndex(worked);
  const counted = hours.slice(first, through + 1);
  const pieces = counted.reduce((sum, { value }) => sum + value!, 0);
  return { value: counted.length === 0 ? null : pieces / counted.length, samples: pieces };
}

function growth(now: AsOf, then: AsOf): AsOf {
  const samples = now.samples + then.samples;
  if (now.value === null || then.value === null || then.value === 0) return { value: null, samples };
  return { value: (now.value - then.value) / Math.abs(then.value), samples };
}

function together(inputs: readonly AsOf[], compute: (...values: number[]) => number): AsOf {
  const samples = inputs.reduce((sum, input) => sum + input.samples, 0);
  const values = inputs.map(({ value }) => value);
  if (values.some((value) => value === null)) return { value: null, samples };
  const value = compute(...(values as number[]));
  return { value: Number.isFinite(value) ? value : null, samples };
}

function loadOf(at: (kpi: string) => AsOf): AsOf {
  return together([at('work_sum'), at('open')], (sum, open) => sum / (open + 1));
}

/** The formulas of simulation.yaml. */
export const DERIVED: Readonly<Record<string, Derived>> = {
  wait_share: {
    from: ['waits', 'resolution'],
    rowsOf: ['waits', 'resolution'],
    compute: (at) => together([at('waits'), at('resolution')], (waits, resolution) => waits / resolution),
  },
  recent: {
    from: ['work_count', 'work_long'],
    rowsOf: ['work_count'],
    compute: (at) => together([at('work_count'), at('work_long')], (count, long) => (100 * count) / long),
  },
  coarse: {
    from: ['work_count', 'work_long'],
    rowsOf: ['work_long'],
    compute: (at) => together([at('work_long'), at('work_count')], (long, count) => long - count * 2),
  },
  load: { from: ['work_sum', 'open'], rowsOf: ['work_sum'], compute: loadOf },
  strain: {
    from: ['work_sum', 'open', 'work_max'],
    rowsOf: ['work_sum', 'work_max'],
    compute: (at) => {
      const [load, max, sum] = [loadOf(at), at('work_max'), at('work_sum')];
      const samples = load.samples + max.samples + sum.samples;
      if (load.value === null) return { value: null, samples };
      if (load.value <= 2) return { value: -load.value, samples };
      return { value: together([max, sum], (most, all) => most / all).value, samples };
    },
  },
  hourly: {
    from: ['share', 'work_mean', 'cases'],
    rowsOf: ['share', 'cases'],
    compute: (at) =>
      together([at('share'), at('work_mean'), at('cases')], (share, mean, cases) => (share * mean) / cases),
  },
  today_rate: {
    from: ['today', 'work_count'],
    rowsOf: ['today'],
    compute: (at) => together([at('today'), at('work_count')], (today, count) => today / count),
  },
  shift_rate: {
    from: ['by_shift', 'work_count'],
    rowsOf: ['by_shift'],
    compute: (at) => together([at('by_shift'), at('work_count')], (sum, count) => sum / (count + 1)),
  },
  so_far_rate: {
    from: ['shift_so_far', 'work_count'],
    rowsOf: ['shift_so_far'],
    compute: (at) => together([at('shift_so_far'), at('work_count')], (sum, count) => sum / (count + 1)),
  },
  since_shift: {
    from: ['work_count', 'by_shift'],
    rowsOf: ['work_count'],
    compute: (at) => together([at('work_count'), at('by_shift')], (count, sum) => count * sum),
  },
  visit_share: {
    from: ['visit_length', 'waits'],
    rowsOf: ['visit_length', 'waits'],
    compute: (at) => together([at('visit_length'), at('waits')], (length, waits) => length / (waits + 1)),
  },
  prompt: {
    from: ['in_time', 'resolution'],
    rowsOf: ['in_time', 'resolution'],
    compute: (at) => together([at('in_time'), at('resolution')], (share, time) => share * time),
  },
  open_age: {
    from: ['age', 'open'],
    rowsOf: ['age', 'open'],
    compute: (at) => together([at('age'), at('open')], (age, open) => age * open),
  },
  work_per_age: {
    from: ['work_sum', 'age'],
    rowsOf: ['work_sum'],
    compute: (at) => together([at('work_sum'), at('age')], (sum, age) => sum / (age + 1)),
  },
  work_by_gauge: {
    from: ['gauge', 'work_sum'],
    rowsOf: ['gauge', 'work_sum'],
    compute: (at) => together([at('gauge'), at('work_sum')], (gauge, sum) => gauge - sum),
  },
  least_twice: {
    from: ['work_min'],
    rowsOf: ['work_min'],
    compute: (at) => together([at('work_min')], (least) => 2 * least),
  },
  pieces_mean: { from: ['pieces'], rowsOf: ['pieces'], dayShiftMs: LAGOS, compute: piecesMean },
  mean_most: {
    from: ['work_mean'],
    rowsOf: ['work_mean'],
    dayShiftMs: KATHMANDU,
    compute: (at, { endMs }) => {
      const hours = hoursOf('work_mean', endMs, at).filter(({ samples }) => samples > 0);
      const value = hours.reduce<number | null>((most, hour) => Math.max(most ?? -Infinity, hour.value!), null);
      return { value, samples: hours.reduce((sum, { samples }) => sum + samples, 0) };
    },
  },
  pieces_growth: {
    from: ['pieces'],
    rowsOf: ['pieces'],
    compute: (at, { endMs }) => growth(at('pieces'), at('pieces', endMs - HOUR)),
  },
  sum_growth: {
    from: ['work_sum'],
    rowsOf: ['work_sum'],
    compute: (at, { endMs }) => growth(at('work_sum'), at('work_sum', endMs - 3 * MINUTE)),
  },
  today_growth: {
    from: ['today'],
    rowsOf: ['today'],
    compute: (at, { endMs }) => growth(at('today'), at('today', endMs - DAY)),
  },
  rate_since: {
    from: ['work_count', 'sum_since'],
    rowsOf: ['work_count', 'sum_since'],
    compute: (at) => together([at('work_count'), at('sum_since')], (count, sum) => count / (sum + 1)),
  },
  growth_since: {
    from: ['sum_since'],
    rowsOf: ['sum_since'],
    compute: (at, { endMs }) => growth(at('sum_since'), at('sum_since', endMs - 3 * MINUTE)),
  },
  mean_growth: {
    from: ['pieces'],
    rowsOf: ['pieces'],
    dayShiftMs: LAGOS,
    compute: (at, { endMs, reachedMs }) =>
      growth(piecesMean(at, { endMs, reachedMs }), piecesMean(at, { endMs: endMs - DAY, reachedMs })),
  },
  pieces_share: {
    from: ['work_count', 'pieces'],
    rowsOf: ['work_count'],
    compute: (at, { endMs, reachedMs }) => {
      const dayEndMs = Math.floor((endMs - LAGOS) / DAY) * DAY + LAGOS;
      const mean = piecesMean(at, { endMs: dayEndMs, reachedMs });
      return together([at('work_count'), mean], (count, pieces) => count / pieces);
    },
  },
};

/** The value of a derived KPI at one of its window ends, when time has reached so far. */
export function derivedAt(kpi: string, endMs: number, reachedMs: number, inputAsOf: InputAsOf): AsOf {
  return DERIVED[kpi]!.compute((input, timeMs = endMs) => inputAsOf(input, timeMs), { endMs, reachedMs });
}
