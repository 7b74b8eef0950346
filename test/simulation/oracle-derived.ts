// KPIs that are computed from others, from the amounts of those alone. Imports nothing from services/.

/** What a measured KPI comes to in the window of it that ends last at or before a time. */
export interface AsOf {
  readonly value: number | null;
  readonly samples: number;
}

/** Gives an input of the same labels as of a time. */
type InputAsOf = (kpi: string, timeMs: number) => AsOf;

interface Derived {
  /** Every measured KPI below it. */
  readonly from: readonly string[];
  /** Those at whose window ends it has rows. */
  readonly rowsOf: readonly string[];
  compute(at: (kpi: string) => AsOf): AsOf;
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
  prompt: {
    from: ['in_time', 'resolution'],
    rowsOf: ['in_time', 'resolution'],
    compute: (at) => together([at('in_time'), at('resolution')], (share, time) => share * time),
  },
  least_twice: {
    from: ['work_min'],
    rowsOf: ['work_min'],
    compute: (at) => together([at('work_min')], (least) => 2 * least),
  },
};

/** The value of a derived KPI at one of its window ends. */
export function derivedAt(kpi: string, timeMs: number, inputAsOf: InputAsOf): AsOf {
  return DERIVED[kpi]!.compute((input) => inputAsOf(input, timeMs));
}
