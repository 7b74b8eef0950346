import { quantile } from './quantiles.ts';

const MINUTE_MS = 60_000;
/** Promised of a percentile. */
const ACCURACY = 0.01;

/** A case that was opened and closed; times in ms UTC. */
export interface ClosedCase {
  readonly team: string;
  readonly openedMs: number;
  readonly closedMs: number;
}

/** What a team's minute comes to, times in ms; p95: the value at rank ⌈0.95·n⌉, as takt has it. */
export interface ExpectedMinute {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly p95: number;
}

/** A value of a KPI of catch-up.yaml. */
export interface MinuteValue {
  readonly kpi: string;
  readonly team: string;
  readonly startMs: number;
  readonly value: number | null;
  readonly samples: number;
}

/** Which figure of a minute a KPI of catch-up.yaml is. */
const FIGURES: Readonly<Record<string, keyof ExpectedMinute>> = {
  closed_cases: 'count',
  closing_time_sum: 'sum',
  closing_time_min: 'min',
  closing_time_max: 'max',
  closing_time_p95: 'p95',
};

/** Names of the KPIs of catch-up.yaml. */
export const MINUTE_KPIS: readonly string[] = Object.keys(FIGURES);

/** Times to close in ascending order, by `team minute`, the minute being the start, in ms UTC, of the one in which a case was closed. */
export function timesByMinute(cases: Iterable<ClosedCase>): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { team, openedMs, closedMs } of cases) {
    const key = `${team} ${Math.floor(closedMs / MINUTE_MS) * MINUTE_MS}`;
    const list = times.get(key);
    if (list === undefined) times.set(key, [closedMs - openedMs]);
    else list.push(closedMs - openedMs);
  }
  for (const list of times.values()) list.sort((a, b) => a - b);
  return times;
}

/** What times to close, in ascending order, come to. */
export function minuteOf(ascending: readonly number[]): ExpectedMinute {
  const sum = ascending.reduce((total, each) => total + each, 0);
  const [min, max] = [ascending[0]!, ascending.at(-1)!];
  return { count: ascending.length, sum, min, max, p95: quantile(ascending, 0.95) };
}

/**
 * Throws unless each of these KPIs has one value for every minute that times were given for, and the right one: percentiles within
 * their accuracy, all else exactly.
 */
export function checkMinutes(
  values: readonly MinuteValue[],
  times: ReadonlyMap<string, readonly number[]>,
  kpis = MINUTE_KPIS,
): void {
  const expected = new Map([...times].map(([key, list]) => [key, minuteOf(list)]));
  for (const kpi of kpis) {
    const figure = FIGURES[kpi]!;
    const rows = values.filter((value) => value.kpi === kpi && value.samples > 0);
    if (rows.length !== expected.size) throw new Error(`${kpi}: ${rows.length} values instead of ${expected.size}`);
    for (const { team, startMs, value, samples } of rows) {
      const minute = expected.get(`${team} ${startMs}`);
      const wanted = minute?.[figure] ?? NaN;
      const near = Math.abs((value ?? NaN) - wanted) <= (figure === 'p95' ? ACCURACY * wanted : 0);
      if (!near || samples !== minute?.count)
        throw new Error(`${kpi} ${team} ${startMs}: ${value} of ${samples}, not ${wanted} of ${minute?.count}`);
    }
  }
}
