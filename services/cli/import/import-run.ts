import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { WorkflowEvent } from '../../shared/core/event.ts';
import { mapRow } from '../../shared/core/ingest/mapping-row.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import { encodeText } from './encoding.ts';
import type { BatchSink, ImportOptions, ImportSummary } from './import-options.ts';
import type { OrdinalTable } from './ordinals.ts';
import type { InputRow, RowSource } from './row-source.ts';

/** Events, or dead letters, that are handed over at once. */
export const BATCH_MAX = 2000;
/** Bytes of raw rows behind one batch, so that long rows do not make a huge one. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Reasons of dead letters that a summary keeps. */
export const REASONS_KEPT_MAX = 3;

/** One reading of a file that was found right: rows in, batches out. */
export class ImportRun<Row extends InputRow> {
  private readonly source: RowSource<Row>;
  private readonly options: ImportOptions;
  private readonly sink: BatchSink;
  private readonly ordinals: OrdinalTable;
  private readonly importId: string;
  private events: WorkflowEvent[] = [];
  private letters: DeadLetter[] = [];
  private eventBytes = 0;
  private letterBytes = 0;
  private bytesRead = 0;
  private rows = 0;
  private eventCount = 0;
  private letterCount = 0;
  private equalRows = 0;
  private passedOver = 0;
  private minEventMs: number | null = null;
  private maxEventMs: number | null = null;
  private readonly firstReasons: string[] = [];

  constructor(
    source: RowSource<Row>,
    importId: string,
    options: ImportOptions,
    sink: BatchSink,
    ordinals: OrdinalTable,
  ) {
    this.source = source;
    this.importId = importId;
    this.options = options;
    this.sink = sink;
    this.ordinals = ordinals;
  }

  /** Reads the whole file; what is left of the last batches is handed over at the end. */
  async all(): Promise<ImportSummary> {
    for await (const some of this.source.rows((bytes) => (this.bytesRead = bytes))) {
      for (const row of some) {
        this.take(row);
        if (this.events.length >= BATCH_MAX || this.eventBytes >= BATCH_BYTES_MAX) await this.handOverEvents();
        if (this.letters.length >= BATCH_MAX || this.letterBytes >= BATCH_BYTES_MAX) await this.handOverLetters();
      }
      this.report();
    }
    await this.handOverEvents();
    await this.handOverLetters();
    this.report();
    const { importId, rows, equalRows, passedOver, firstReasons, minEventMs, maxEventMs } = this;
    const counts = { rows, events: this.eventCount, deadLetters: this.letterCount, equalRows, passedOver };
    const { compiled, file, notes } = this.source;
    const { workflow } = compiled;
    return { importId, workflow, path: file.path, ...counts, firstReasons, notes, minEventMs, maxEventMs };
  }

  private take(row: Row): void {
    this.rows += 1;
    const { cells } = row;
    if (cells === null) {
      this.fail(row, 'ROW_INVALID', row.reason ?? 'the row is malformed');
      return;
    }
    const context = { importId: this.importId, asOfMs: this.options.asOfMs ?? null };
    const mapped = mapRow(this.source.compiled, cells, context, () => {
      const hash = this.source.hashOf(row);
      const ordinal = this.ordinals.next(hash);
      if (ordinal > 1) this.equalRows += 1;
      return { hash, ordinal };
    });
    if ('failure' in mapped) {
      // Rows of the same cells all fail, so counting them takes no ordinal from a good one.
      const ordinal = this.ordinals.next(this.source.hashOf(row));
      this.fail(row, mapped.failure.code, mapped.failure.reason, ordinal);
      return;
    }
    if (mapped.events.length === 0) this.passedOver += 1;
    this.eventBytes += row.raw.length * mapped.events.length;
    for (const event of mapped.events) {
      this.events.push(event);
      this.minEventMs = Math.min(this.minEventMs ?? event.timeMs, event.timeMs);
      this.maxEventMs = Math.max(this.maxEventMs ?? event.timeMs, event.timeMs);
    }
  }

  /** `ordinal`: among equal rows, of one that has cells. */
  private fail(row: Row, code: string, why: string, ordinal: number | null = null): void {
    const { encoding, file, compiled } = this.source;
    const raw = encodeText(row.raw, encoding);
    const source = `import:${basename(file.path)}`;
    const reason = `line ${row.line}: ${why}`;
    const hash = createHash('sha256').update(`${source.length}:${source}`).update(raw);
    // Each of several equal rows counts, once it can be read.
    if (ordinal !== null && ordinal > 1) hash.update(`\n${ordinal}`);
    const id = hash.digest('hex').slice(0, 32);
    const { workflow } = compiled;
    const again = ordinal === null ? {} : { content: { ...this.source.contentOf(row), ordinal } };
    this.letters.push({ id, workflow, source, code, reason, rawBase64: raw.toString('base64'), ...again });
    this.letterBytes += raw.length;
    if (this.firstReasons.length < REASONS_KEPT_MAX) this.firstReasons.push(reason);
  }

  private async handOverEvents(): Promise<void> {
    // A row may make several events, so the last row may have gone over the limit.
    while (this.events.length > 0) {
      const batch = this.events.splice(0, BATCH_MAX);
      await this.sink.events(batch);
      this.eventCount += batch.length;
    }
    this.eventBytes = 0;
  }

  private async handOverLetters(): Promise<void> {
    if (this.letters.length === 0) return;
    const batch = this.letters;
    this.letters = [];
    this.letterBytes = 0;
    await this.sink.deadLetters(batch);
    this.letterCount += batch.length;
  }

  private report(): void {
    const { bytesRead, rows, eventCount, letterCount } = this;
    const { bytesTotal } = this.source.file;
    this.options.onProgress?.({
      checking: false,
      bytesRead,
      bytesTotal,
      rows,
      events: eventCount,
      deadLetters: letterCount,
    });
  }
}
