import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { Encoding } from '../../shared/core/mapping.ts';
import { compileMapping, type CompiledMapping } from '../../shared/core/mapping-compile.ts';
import { mapRow } from '../../shared/core/mapping-row.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import { rowHasher } from '../../shared/core/row-identity.ts';
import { type CsvRow, readCsv } from './csv-stream.ts';
import { encodeText } from './encoding.ts';
import { mappingError, type MappingSource } from './mapping-source.ts';
import { createOrdinalTable, type OrdinalTable } from './ordinals.ts';
import { inspectFile, readText, type InputFile } from './text-stream.ts';

/** Events, or dead letters, that are handed over at once. */
export const BATCH_MAX = 2000;
/** Bytes of raw rows behind one batch, so that long rows do not make a huge one. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Reasons of dead letters that a summary keeps. */
export const REASONS_KEPT_MAX = 3;

/** Where an import goes. Each call is awaited before the next, so a slow sink slows the reading. */
export interface ImportSink {
  begin(importId: string): Promise<void>;
  events(events: WorkflowEvent[]): Promise<void>;
  deadLetters(letters: DeadLetter[]): Promise<void>;
  end(importId: string, maxEventMs: number | null): Promise<void>;
}

export interface ImportProgress {
  /** Bytes of the file as it is on disk, packed or not. */
  readonly bytesRead: number;
  readonly bytesTotal: number;
  readonly rows: number;
  readonly events: number;
  readonly deadLetters: number;
}

export interface ImportOptions {
  readonly path: string;
  readonly source: MappingSource;
  /** Instead of the mapping's. */
  readonly encoding?: Encoding;
  /** Time of rows without a date, milliseconds UTC. */
  readonly asOfMs?: number;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Distinct rows counted in memory; default ORDINALS_IN_MEMORY_MAX. */
  readonly ordinalsInMemoryMax?: number;
}

export interface ImportSummary {
  readonly importId: string;
  readonly workflow: string;
  readonly path: string;
  /** Data rows, bad ones included. */
  readonly rows: number;
  readonly events: number;
  readonly deadLetters: number;
  /** Good rows that equal an earlier one; they count as rows of their own. */
  readonly equalRows: number;
  /** The first reasons, each `line N: why`. */
  readonly firstReasons: readonly string[];
  readonly minEventMs: number | null;
  readonly maxEventMs: number | null;
}

/**
 * Reads a CSV file, gzipped or not, and hands its events to the sink. The file is read twice: nothing is handed over
 * before its encoding, its packing, its header and the mapping are known to be right. When it fails in between (the
 * sink's errors pass through), `end` is not called; running it again gives the same import id and the same event ids.
 */
export async function importFile(options: ImportOptions, sink: ImportSink): Promise<ImportSummary> {
  const { path, source } = options;
  const encoding = options.encoding ?? source.mapping.encoding;
  const file = await inspectFile(path);
  const compiled = await check(file, encoding, options);
  const importId = importIdOf(file, source.mapping.workflow);
  const ordinals = createOrdinalTable(options.ordinalsInMemoryMax);
  try {
    const run = new Run(file, encoding, importId, compiled, options, sink, ordinals);
    await sink.begin(importId);
    const summary = await run.all(source.mapping.delimiter);
    await sink.end(importId, summary.maxEventMs);
    return summary;
  } finally {
    ordinals.close();
  }
}

/** The same for the same workflow, file name, size and beginning, wherever the file lies. */
function importIdOf(file: InputFile, workflow: string): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([workflow, basename(file.path), file.bytesTotal])).update(file.head);
  return hash.digest('hex').slice(0, 32);
}

async function check(file: InputFile, encoding: Encoding, options: ImportOptions): Promise<CompiledMapping> {
  const { source } = options;
  const { mapping } = source;
  const { header, rows } = await readCsv(readText(file, encoding), mapping.delimiter, file.path);
  await rows.return(undefined);
  const { compiled, problems } = compileMapping(mapping, header, options.asOfMs ?? null);
  if (compiled === null) throw mappingError(problems, (problem) => source.placeOf(problem));
  // Reads on to the end: a wrong byte in the last line is found before the first event is handed over.
  for await (const _ of readText(file, encoding));
  return compiled;
}

class Run {
  private readonly file: InputFile;
  private readonly encoding: Encoding;
  private readonly compiled: CompiledMapping;
  private readonly options: ImportOptions;
  private readonly sink: ImportSink;
  private readonly ordinals: OrdinalTable;
  private readonly importId: string;
  private readonly hashOf: (cells: readonly string[]) => string;
  private events: WorkflowEvent[] = [];
  private letters: DeadLetter[] = [];
  private eventBytes = 0;
  private letterBytes = 0;
  private bytesRead = 0;
  private rows = 0;
  private eventCount = 0;
  private letterCount = 0;
  private equalRows = 0;
  private minEventMs: number | null = null;
  private maxEventMs: number | null = null;
  private readonly firstReasons: string[] = [];

  constructor(
    file: InputFile,
    encoding: Encoding,
    importId: string,
    compiled: CompiledMapping,
    options: ImportOptions,
    sink: ImportSink,
    ordinals: OrdinalTable,
  ) {
    this.file = file;
    this.encoding = encoding;
    this.importId = importId;
    this.compiled = compiled;
    this.options = options;
    this.sink = sink;
    this.ordinals = ordinals;
    this.hashOf = rowHasher(compiled.headers);
  }

  async all(delimiter: string): Promise<ImportSummary> {
    const text = readText(this.file, this.encoding, (bytes) => (this.bytesRead = bytes));
    const { rows } = await readCsv(text, delimiter, this.file.path);
    for await (const some of rows) {
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
    const { importId, equalRows, firstReasons, minEventMs, maxEventMs } = this;
    const counts = { rows: this.rows, events: this.eventCount, deadLetters: this.letterCount, equalRows };
    const { workflow } = this.compiled;
    return { importId, workflow, path: this.file.path, ...counts, firstReasons, minEventMs, maxEventMs };
  }

  private take(row: CsvRow): void {
    this.rows += 1;
    const { cells } = row;
    if (cells === null) {
      this.fail(row, 'ROW_INVALID', row.reason ?? 'the row is malformed');
      return;
    }
    const context = { importId: this.importId, asOfMs: this.options.asOfMs ?? null };
    const mapped = mapRow(this.compiled, cells, context, () => {
      const hash = this.hashOf(cells);
      const ordinal = this.ordinals.next(hash);
      if (ordinal > 1) this.equalRows += 1;
      return { hash, ordinal };
    });
    if ('failure' in mapped) {
      this.fail(row, mapped.failure.code, mapped.failure.reason);
      return;
    }
    this.eventBytes += row.raw.length * mapped.events.length;
    for (const event of mapped.events) {
      this.events.push(event);
      this.minEventMs = Math.min(this.minEventMs ?? event.timeMs, event.timeMs);
      this.maxEventMs = Math.max(this.maxEventMs ?? event.timeMs, event.timeMs);
    }
  }

  private fail(row: CsvRow, code: string, why: string): void {
    const raw = encodeText(row.raw, this.encoding);
    const source = `import:${basename(this.file.path)}`;
    const reason = `line ${row.line}: ${why}`;
    const id = createHash('sha256').update(`${source.length}:${source}`).update(raw).digest('hex').slice(0, 32);
    const { workflow } = this.compiled;
    this.letters.push({ id, workflow, source, code, reason, rawBase64: raw.toString('base64') });
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
    const { bytesTotal } = this.file;
    this.options.onProgress?.({ bytesRead, bytesTotal, rows, events: eventCount, deadLetters: letterCount });
  }
}
