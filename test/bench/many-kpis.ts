const DURATION = { duration: { from: 'opened', to: 'closed' } };
/** What a workflow of tickets is asked for, ten questions. */
const MEASURES: readonly object[] = [
  { measure: DURATION, aggregate: 'p95', unit: 'ms' },
  { measure: { event: 'opened' }, aggregate: 'count' },
  { measure: { event: 'closed' }, aggregate: 'count' },
  { measure: DURATION, aggregate: 'mean' },
  { measure: { within: { from: 'opened', to: 'closed', limit: '15m' } } },
  { measure: { ratio: { of: { event: 'closed' }, to: { event: 'opened' } } } },
  { measure: DURATION, aggregate: 'max' },
  { measure: { conversion: { from: 'opened', to: 'closed', within: '10m', count: 'flow' } } },
  { measure: DURATION, aggregate: 'sum' },
  { measure: { distinct: { of: 'case' } } },
];
const WINDOWS: readonly object[] = [
  { rolling: '1m', every: '1m' },
  { rolling: '1h', every: '1m' },
  { tumbling: 'hour' },
  { rolling: '5m', every: '1m' },
  { tumbling: 'day' },
];

/**
 * A catalogue of so many KPIs of one workflow, the first of which is the 95th percentile of the time to close by team and
 * minute. Each ten ask for ten things, in five kinds of windows, every other one by team.
 */
export function manyKpis(count: number): string {
  const kpis = Array.from({ length: count }, (_, i) => {
    const key = i === 0 ? 'closing_time_p95' : `kpi_${i}`;
    const ten = Math.floor(i / MEASURES.length);
    const window = WINDOWS[(i + ten) % WINDOWS.length];
    const by = (i + ten) % 2 === 0 ? ['team'] : [];
    return [key, { name: key, workflow: 'bench', ...MEASURES[i % MEASURES.length], by, window }];
  });
  const workflow = { activities: ['opened', 'closed'], dimensions: ['team'], disorder: '30s', idle: '10s' };
  return JSON.stringify({ version: 1, workflows: { bench: workflow }, kpis: Object.fromEntries(kpis) });
}
