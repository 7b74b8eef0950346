import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FoldObserver } from './fold/fold-runner.ts';

/** How far one partition of one stage is. */
interface PartitionProgress {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
}

const DURATION_BUCKETS_S = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one process, all with the prefix takt_, in Prometheus's text format. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly applied = new Counter({
    name: 'takt_records_applied_total',
    help: 'Records folded.',
    labelNames: ['stage'],
    registers: [this.registry],
  });
  private readonly flush = new Histogram({
    name: 'takt_flush_seconds',
    help: 'Time from collecting rows to their acknowledged position.',
    labelNames: ['stage'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });
  private readonly publish = new Histogram({
    name: 'takt_publish_seconds',
    help: 'Time of one append of snapshots or values.',
    labelNames: ['stage'],
    buckets: DURATION_BUCKETS_S,
    registers: [this.registry],
  });
  private readonly errors = new Counter({
    name: 'takt_errors_total',
    help: 'Errors by code.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly lag = new Gauge({
    name: 'takt_lag_records',
    help: 'Records not yet folded.',
    labelNames: ['stage', 'topic', 'partition'],
    registers: [this.registry],
  });
  private readonly watermark = new Gauge({
    name: 'takt_watermark_seconds',
    help: 'Event time up to which a partition is complete.',
    labelNames: ['topic', 'partition'],
    registers: [this.registry],
  });
  private readonly imports = new Gauge({
    name: 'takt_open_imports',
    help: 'Imports that have begun and not ended, over all partitions.',
    registers: [this.registry],
  });
  private readonly logBytes = new Gauge({
    name: 'takt_log_bytes',
    help: 'Bytes in the embedded log, and its limit.',
    labelNames: ['kind'],
    registers: [this.registry],
  });

  /** Counts an error by its code; errors of unknown kind count as INTERNAL. */
  error(error: unknown): void {
    const { code } = error as { code?: unknown };
    this.errors.inc({ code: typeof code === 'string' ? code : 'INTERNAL' });
  }

  /** Counts what the folds do, and passes it on. */
  observe(next: FoldObserver): FoldObserver {
    return {
      applied: (task, records) => {
        this.applied.inc({ stage: task.stage }, records);
        next.applied(task, records);
      },
      published: (stage, records, durationMs) => {
        this.publish.observe({ stage }, durationMs / 1000);
        next.published(stage, records, durationMs);
      },
      stored: (stage, rows, durationMs) => {
        this.flush.observe({ stage }, durationMs / 1000);
        next.stored(stage, rows, durationMs);
      },
      failed: (stage, step, error) => {
        this.error(error);
        next.failed(stage, step, error);
      },
    };
  }

  /** The text of `GET /metrics`. */
  async text(
    partitions: readonly PartitionProgress[],
    log: { readonly usedBytes: number; readonly limitBytes: number },
  ): Promise<string> {
    for (const { stage, topic, partition, nextOffset, endOffset, watermarkMs } of partitions) {
      this.lag.set({ stage, topic, partition: String(partition) }, endOffset - nextOffset);
      if (watermarkMs !== null) this.watermark.set({ topic, partition: String(partition) }, watermarkMs / 1000);
    }
    this.imports.set(new Set(partitions.flatMap(({ openImports }) => openImports)).size);
    this.logBytes.set({ kind: 'used' }, log.usedBytes);
    this.logBytes.set({ kind: 'limit' }, log.limitBytes);
    return this.registry.metrics();
  }
}
