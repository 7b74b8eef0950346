import type { GrowthMeasure, RollupMeasure, WindowSpec } from '../definition.ts';
import { aggregateText } from './sentence-english-parts.ts';

/** What the windows of a KPI come to within longer ones. */
export function rollupText({ inputs: [{ kpi, window }], aggregate, empty }: RollupMeasure): string {
  const unit = unitOf(window);
  const skipped = empty === 'skip' ? `, ${unit}s without events left out` : '';
  return `${aggregateText({ kind: aggregate })} of ${kpi} over its ${unit}s${skipped}`;
}

/** Against which earlier window a KPI has grown. */
export function growthText({ inputs: [{ kpi, window }], over }: GrowthMeasure): string {
  return `the growth of ${kpi} against ${over === 'year' ? yearText(window) : previousText(window)}`;
}

function yearText(window: WindowSpec): string {
  return 'unit' in window && window.unit === 'week' ? 'the week 52 weeks before' : 'the same time of the year before';
}

function previousText(window: WindowSpec): string {
  if (window.kind === 'to-date') return `the same time of the ${unitOf(window)} before`;
  return window.kind === 'tumbling' ? `the ${unitOf(window)} before` : 'the window before';
}

function unitOf(window: WindowSpec): string {
  return 'unit' in window ? window.unit.replace('-', ' ') : 'window';
}
