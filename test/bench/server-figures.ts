import type { Figure } from './figure.ts';
import type { Product } from './product.ts';

/** What a running takt says about itself at one moment. */
export interface ServerState {
  readonly timeMs: number;
  readonly metrics: ReadonlyMap<string, number>;
  /** Counters of the embedded ClickHouse. */
  readonly engine: ReadonlyMap<string, number>;
  readonly peakBytes: number;
}

const ENGINE_SQL =
  "SELECT event, toFloat64(value) AS value FROM system.events WHERE event IN ('FileSync', 'FileSyncElapsedMicroseconds', 'DirectorySync', 'DirectorySyncElapsedMicroseconds')";

/** Asks a running takt. Node's histogram of event-loop delays begins anew with each asking. */
export async function serverState(product: Product): Promise<ServerState> {
  const rows = await product.query<{ event: string; value: number }>(ENGINE_SQL);
  const engine = new Map(rows.map(({ event, value }) => [event, value]));
  return { timeMs: Date.now(), metrics: await product.metrics(), engine, peakBytes: product.memory().peakBytes };
}

/** What takt used between two moments. */
export function serverFigures(before: ServerState, after: ServerState): Figure[] {
  const seconds = (after.timeMs - before.timeMs) / 1_000;
  const grown = (part: 'metrics' | 'engine', name: string): number =>
    (after[part].get(name) ?? NaN) - (before[part].get(name) ?? 0);
  const syncs = grown('engine', 'FileSync') + grown('engine', 'DirectorySync');
  const syncUs = grown('engine', 'FileSyncElapsedMicroseconds') + grown('engine', 'DirectorySyncElapsedMicroseconds');
  const meanMs = (histogram: string, labels = ''): number =>
    (grown('metrics', `takt_${histogram}_seconds_sum${labels}`) * 1_000) /
    grown('metrics', `takt_${histogram}_seconds_count${labels}`);
  const loop = (name: string): number => (after.metrics.get(`nodejs_eventloop_lag_${name}_seconds`) ?? NaN) * 1_000;
  return [
    {
      name: 'processor time of takt',
      value: (grown('metrics', 'process_cpu_seconds_total') / seconds) * 100,
      unit: '% of a core',
    },
    { name: 'event-loop delay, p99', value: loop('p99'), unit: 'ms' },
    { name: 'event-loop delay, maximum', value: loop('max'), unit: 'ms' },
    { name: 'log append of a request, mean', value: meanMs('append'), unit: 'ms' },
    { name: 'log append of slices, mean', value: meanMs('publish', '{stage="aggregate"}'), unit: 'ms' },
    { name: 'log append of values, mean', value: meanMs('publish', '{stage="roll"}'), unit: 'ms' },
    {
      name: 'store of slices and archive, mean',
      value: meanMs('flush', '{stage="aggregate",table="all"}'),
      unit: 'ms',
    },
    { name: 'store of values, mean', value: meanMs('flush', '{stage="roll",table="all"}'), unit: 'ms' },
    { name: 'fsync calls of the store', value: syncs / seconds, unit: 'per s' },
    { name: 'time in fsync of the store', value: syncUs / 1_000 / seconds, unit: 'ms per s' },
    { name: 'resident memory, peak', value: after.peakBytes / 1e6, unit: 'MB' },
  ];
}
