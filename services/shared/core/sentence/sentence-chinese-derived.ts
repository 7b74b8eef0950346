import type { GrowthMeasure, RollupMeasure, WindowSpec } from '../definition.ts';
import { aggregateText, TUMBLING } from './sentence-chinese-parts.ts';

/** What the windows of a KPI come to within longer ones. */
export function rollupText({ inputs: [{ kpi, window }], aggregate, empty }: RollupMeasure): string {
  const unit = unitOf(window);
  const skipped = empty === 'skip' ? `（无事件的${unit}不计）` : '';
  return `${kpi}各${unit}值的${aggregateText({ kind: aggregate })}${skipped}`;
}

/** Against which earlier window a KPI has grown. */
export function growthText({ inputs: [{ kpi, window }], over }: GrowthMeasure): string {
  return `${kpi}较${over === 'year' ? yearText(window) : previousText(window)}的增长率`;
}

function yearText(window: WindowSpec): string {
  return 'unit' in window && window.unit === 'week' ? '52周前同周' : '上年同期';
}

function previousText(window: WindowSpec): string {
  if (window.kind === 'to-date') return `上一${unitOf(window)}同期`;
  return window.kind === 'tumbling' ? `上一${unitOf(window)}` : '上一窗口';
}

function unitOf(window: WindowSpec): string {
  return 'unit' in window ? TUMBLING[window.unit] : '窗口';
}
