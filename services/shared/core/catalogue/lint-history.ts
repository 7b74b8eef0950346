import type { Catalogue } from './catalogue.ts';
import type { LimitedKpi } from '../series/limit-series.ts';
import type { LintWarning } from './catalogue-lint.ts';
import { DISTINCT_VALUES_MAX } from '../aggregate/distinct-state.ts';

/** How many samples the windows of a percentile KPI have had. */
export interface SampleCount {
  readonly kpi: string;
  /** Hash of the definition. */
  readonly definition: string;
  /** Of its final windows with samples: the one in the middle. */
  readonly median: number;
}

/** How many values a dimension of a workflow has had. */
export interface LabelCount {
  readonly workflow: string;
  readonly dimension: string;
  readonly values: number;
}

/** Percentiles of fewer samples than it takes for one to lie beyond them: they are the largest sample, no more. */
export function lintSamples({ kpis }: Catalogue, counts: readonly SampleCount[]): LintWarning[] {
  return counts.flatMap(({ kpi, definition, median }) => {
    const known = kpis.get(kpi)?.definition;
    if (known?.hash !== definition || known.aggregate.kind !== 'percentile') return [];
    const { q } = known.aggregate;
    // Rounded, because 1 / (1 - 0.9) is a little above 10.
    const least = Math.ceil(Number((1 / Math.min(q, 1 - q)).toFixed(6)));
    if (median >= least) return [];
    const end = q < 0.5 ? 'smallest' : 'largest';
    const message = `its windows have ${median} samples in the middle: below ${least} it is about the ${end} of them`;
    return [{ place: kpi, message: `${message}; take a longer window, or another aggregate` }];
  });
}

/** Activities of the catalogue that no event has, of workflows that have events. */
export function lintNeverSeen(
  { workflows }: Catalogue,
  counts: readonly { readonly workflow: string; readonly activity: string }[],
): LintWarning[] {
  return [...workflows.values()].flatMap(({ name, activities }) => {
    const seen = new Set(counts.flatMap(({ workflow, activity }) => (workflow === name ? [activity] : [])));
    if (seen.size === 0) return [];
    const never = activities.filter((activity) => !seen.has(activity));
    return never.map((activity) => ({ place: `workflow ${name}`, message: `no event is '${activity}'` }));
  });
}

/** Dimensions of KPIs that have more values than the KPI may have label sets. */
export function lintLabels({ kpis }: Catalogue, counts: readonly LabelCount[]): LintWarning[] {
  return [...kpis].flatMap(([place, { definition, seriesMax }]) =>
    definition.by.flatMap(({ dimension }) => {
      const values =
        counts.find((each) => each.workflow === definition.workflow && each.dimension === dimension)?.values ?? 0;
      // A derived one has those of the KPIs that it uses.
      if (seriesMax === null || values <= seriesMax) return [];
      const message = `by ${dimension} makes a series for each of ${values} values: beyond series_max (${seriesMax}) they count as __other__`;
      return [{ place, message: `${message}; leave it out, or take a coarser dimension` }];
    }),
  );
}

/** KPIs that count some label sets together already. */
export function lintLimited(limited: readonly LimitedKpi[]): LintWarning[] {
  return limited.map(({ kpi, seriesMax, labelSets }) => ({
    place: kpi,
    message: `had ${labelSets} label sets, more than series_max (${seriesMax}): all but the busiest count as __other__; take a coarser dimension, or raise series_max`,
  }));
}

/** The most different values that a KPI counted in one window. */
export interface DistinctCount {
  readonly kpi: string;
  /** Hash of the definition. */
  readonly definition: string;
  readonly most: number;
}

/** One warning per KPI that counts exactly more different values in one window than is cheap, in the order given. */
export function lintDistinct({ kpis }: Catalogue, counts: readonly DistinctCount[]): LintWarning[] {
  return counts.flatMap(({ kpi, definition, most }) => {
    const known = kpis.get(kpi)?.definition;
    if (known?.hash !== definition || known.aggregate.kind !== 'distinct') return [];
    if (known.aggregate.approximate || most <= DISTINCT_VALUES_MAX) return [];
    const message = `counts up to ${most} different values in one window exactly, more than ${DISTINCT_VALUES_MAX}: each change sends them all`;
    return {
      place: kpi,
      message: `${message}; approximate: true takes a fraction of that, with a standard error of 1.6%`,
    };
  });
}
