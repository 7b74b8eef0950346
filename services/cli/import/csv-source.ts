import { compileMapping } from '../../shared/core/ingest/mapping-compile.ts';
import { rowHasher } from '../../shared/core/ingest/row-identity.ts';
import { readCsv } from './csv-stream.ts';
import type { ImportOptions } from './import-options.ts';
import { mappingError } from './mapping-source.ts';
import type { RowSource } from './row-source.ts';
import { readText, type InputFile } from './text-stream.ts';

/**
 * Reads a CSV file once to its end. Throws MAPPING_INVALID when the mapping does not fit its header, FILE_UNREADABLE and
 * FILE_ENCODING.
 */
export async function openCsv(file: InputFile, options: ImportOptions): Promise<RowSource> {
  const { source } = options;
  const { mapping } = source;
  const encoding = options.encoding ?? mapping.encoding ?? 'utf-8';
  const { header, rows } = await readCsv(readText(file, encoding), mapping.delimiter, file.path);
  await rows.return(undefined);
  const { compiled, problems } = compileMapping(mapping, header, options.asOfMs ?? null);
  if (compiled === null) throw mappingError(problems, (problem) => source.placeOf(problem));
  // Reads on to the end: a wrong byte in the last line is found before the first event is handed over.
  for await (const _ of readText(file, encoding));
  const hash = rowHasher(compiled.headers);
  return {
    file,
    encoding,
    compiled,
    notes: [],
    async *rows(onBytes) {
      const content = await readCsv(readText(file, encoding, onBytes), mapping.delimiter, file.path);
      yield* content.rows;
    },
    contentOf: ({ cells }) => ({ kind: 'csv', headers: compiled.headers, cells: cells ?? [] }),
    hashOf: ({ cells }) => hash(cells ?? []),
  };
}
