import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import type { Schedule } from '../shared/core/job/schedule.ts';
import { compareBytesOf } from '../shared/core/bytes/compare-text.ts';
import { type SeriesGroup, seriesGroups } from '../shared/core/series/series-groups.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { SeriesLimitRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';
import type { Job } from './job.ts';
import { unretriedJob } from './unretried-job.ts';

export interface SeriesJobOptions {
  readonly store: Pick<KpiStore, 'labelSetCounts' | 'busiestLabelSets' | 'seriesLimits' | 'insert'>;
  readonly clock: Clock;
  /** As the files say it, without limits; null: it is not known yet. */
  readonly catalogue: () => Catalogue | null;
}

/**
 * Decides which label sets a KPI with more of them than its `series_max` counts under their own labels: those with the
 * most samples so far. What is decided stays; every process then finds it in the store.
 */
export function seriesJob(schedule: Schedule, options: SeriesJobOptions): Job {
  return unretriedJob('series', schedule, () => decide(options));
}

async function decide({ store, clock, catalogue }: SeriesJobOptions): Promise<string> {
  const now = catalogue();
  const groups = now === null ? [] : seriesGroups(now);
  if (groups.length === 0) return '';
  const counts = await store.labelSetCounts(groups);
  const over = groups.filter(({ id, seriesMax }) => (counts.get(id) ?? 0) > seriesMax);
  if (over.length === 0) return '';
  const decided = new Set((await store.seriesLimits()).map(({ id }) => id));
  const rows: SeriesLimitRow[] = [];
  for (const group of over)
    if (!decided.has(group.id)) rows.push(await limitOf(group, counts.get(group.id)!, store, clock.nowMs()));
  if (rows.length > 0) await store.insert('series_limits', rows);
  return rows
    .map(
      ({ kpis, labelSets, seriesMax }) => `${kpis.join(', ')}: ${labelSets} label sets, ${seriesMax} keep their labels`,
    )
    .join('; ');
}

async function limitOf(
  { id, kpis, definitions, seriesMax }: SeriesGroup,
  labelSets: number,
  store: SeriesJobOptions['store'],
  nowMs: number,
): Promise<SeriesLimitRow> {
  const busiest = await store.busiestLabelSets(definitions, seriesMax);
  return { id, kpis, seriesMax, labelSets, admitted: [...busiest].sort(compareBytesOf), version: BigInt(nowMs) };
}
