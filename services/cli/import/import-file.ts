import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { openCsv } from './csv-source.ts';
import { formatOf } from './file-head.ts';
import { ImportRun } from './import-run.ts';
import type { BatchSink, ImportOptions, ImportSummary } from './import-options.ts';
import { createOrdinalTable } from './ordinals.ts';
import type { InputRow, RowSource } from './row-source.ts';
import { inspectFile, type InputFile } from './text-stream.ts';
import { openXes } from './xes-source.ts';

/** Where an import goes: `begin`, batches, `end`. After a failure `end` is not called. */
export interface ImportSink extends BatchSink {
  begin(importId: string): Promise<void>;
  /** `maxEventMs` is the greatest event time of the import, null when it had no event. */
  end(importId: string, maxEventMs: number | null): Promise<void>;
}

/**
 * Reads a CSV or XES file, gzipped or not, and hands its events to the sink. The file is read twice: nothing is handed over
 * before its encoding, its packing, its form and the mapping are known to be right. When it fails in between (the
 * sink's errors pass through), `end` is not called; running it again gives the same import id and the same event ids.
 */
export async function importFile(options: ImportOptions, sink: ImportSink): Promise<ImportSummary> {
  const file = await inspectFile(options.path);
  if ((await formatOf(file)) === 'xes') return importRows(await openXes(file, options), options, sink);
  return importRows(await openCsv(file, options), options, sink);
}

async function importRows<Row extends InputRow>(
  source: RowSource<Row>,
  options: ImportOptions,
  sink: ImportSink,
): Promise<ImportSummary> {
  const importId = importIdOf(source.file, source.compiled.workflow);
  const ordinals = createOrdinalTable(options.ordinalsInMemoryMax);
  try {
    const run = new ImportRun(source, importId, options, sink, ordinals);
    await sink.begin(importId);
    const summary = await run.all();
    await sink.end(importId, summary.maxEventMs);
    return summary;
  } finally {
    ordinals.close();
  }
}

/** The same for the same workflow, file name and size, wherever the file lies and however its rows are ordered. */
function importIdOf(file: InputFile, workflow: string): string {
  const text = JSON.stringify([workflow, basename(file.path), file.bytesTotal]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
