// KPIs of simulation.yaml that are effective from a time on. Imports nothing from services/.

const MINUTE = 60_000;
/** 23:00 and 23:04 UTC on 14 November 2023; the schedules begin at the one. */
const START = 1_700_002_800_000;
const FROM = START + 4 * MINUTE;

interface EffectiveKpi {
  /** The KPI that is the same for all of history; null: a derived one. */
  readonly of: string | null;
  /** What came before does not count. */
  readonly countedFromMs: number;
  /** Windows that end there or before began before it was effective. */
  readonly lastBeforeMs: number;
}

const EFFECTIVE: Readonly<Record<string, EffectiveKpi>> = {
  sum_since: { of: 'work_sum', countedFromMs: FROM, lastBeforeMs: FROM + 3 * MINUTE - 1 },
  // What was opened before is still open.
  open_since: { of: 'open', countedFromMs: -Infinity, lastBeforeMs: FROM - 1 },
  today_since: { of: 'today', countedFromMs: START, lastBeforeMs: START },
  gauge_since: { of: null, countedFromMs: -Infinity, lastBeforeMs: FROM + 3 * MINUTE - 1 },
  rate_since: { of: null, countedFromMs: -Infinity, lastBeforeMs: FROM + 3 * MINUTE - 1 },
  growth_since: { of: null, countedFromMs: -Infinity, lastBeforeMs: FROM + 3 * MINUTE - 1 },
};

/** The KPI whose windows and results these are. */
export function plainOf(kpi: string): string {
  return EFFECTIVE[kpi]?.of ?? kpi;
}

/** The KPIs to which something that counts for `kpi` at a time counts too, with itself. */
export function countsFor(kpi: string, timeMs: number): string[] {
  const since = Object.entries(EFFECTIVE).filter(([, { of, countedFromMs }]) => of === kpi && timeMs >= countedFromMs);
  return [kpi, ...since.map(([key]) => key)];
}

/** Whether a window of a KPI that ends then is one of its own. */
export function isOwn(kpi: string, end: number | 'total'): boolean {
  const lastBeforeMs = EFFECTIVE[kpi]?.lastBeforeMs ?? -Infinity;
  return end === 'total' || end > lastBeforeMs;
}
