import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Encoding } from '../../shared/core/mapping.ts';
import { compileMapping, type CompiledMapping } from '../../shared/core/mapping-compile.ts';
import { readCsv } from './csv-stream.ts';
import { ImportRun } from './import-run.ts';
import type { BatchSink, ImportOptions, ImportSummary } from './import-options.ts';
import { mappingError } from './mapping-source.ts';
import { createOrdinalTable } from './ordinals.ts';
import { inspectFile, readText, type InputFile } from './text-stream.ts';

/** Where an import goes: `begin`, batches, `end`. After a failure `end` is not called. */
export interface ImportSink extends BatchSink {
  begin(importId: string): Promise<void>;
  /** `maxEventMs` is the greatest event time of the import, null when it had no event. */
  end(importId: string, maxEventMs: number | null): Promise<void>;
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
    const run = new ImportRun(file, encoding, importId, compiled, options, sink, ordinals);
    await sink.begin(importId);
    const summary = await run.all(source.mapping.delimiter);
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
