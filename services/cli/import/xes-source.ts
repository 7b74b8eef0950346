import { TaktError } from '../../shared/core/errors.ts';
import { mappingColumns } from '../../shared/core/ingest/mapping-columns.ts';
import { compileMapping, type CompiledMapping } from '../../shared/core/ingest/mapping-compile.ts';
import { mapRow } from '../../shared/core/ingest/mapping-row.ts';
import { rowHash } from '../../shared/core/ingest/row-identity.ts';
import type { LetterCells } from '../../shared/core/messages.ts';
import { xmlEncodingOf } from './file-head.ts';
import type { ImportOptions } from './import-options.ts';
import { type MappingSource, mappingError } from './mapping-source.ts';
import type { RowSource } from './row-source.ts';
import { readText, type InputFile } from './text-stream.ts';
import { type XesRow, XesStream } from './xes-stream.ts';
import { XesSurvey } from './xes-survey.ts';

/**
 * Reads an XES file once to its end. Throws FILE_UNREADABLE when it is no XES, FILE_ENCODING, MAPPING_INVALID when no
 * event has an attribute that the mapping names, ZONE_MISSING at the first time that has no offset and no zone.
 */
export async function openXes(file: InputFile, options: ImportOptions): Promise<RowSource<XesRow>> {
  const { mapping } = options.source;
  const encoding = options.encoding ?? mapping.encoding ?? (await xmlEncodingOf(file));
  const columns = mappingColumns(mapping);
  const compiled = bind(options.source, columns, options);
  const survey = new XesSurvey(columns);
  const progress = { checking: true, bytesRead: 0, bytesTotal: file.bytesTotal, rows: 0, events: 0, deadLetters: 0 };
  const text = readText(file, encoding, (bytes) => (progress.bytesRead = bytes));
  for await (const rows of readRows(file, text, columns)) {
    for (const row of rows) {
      survey.take(row);
      checkZone(file, compiled, row, options);
    }
    progress.rows += rows.length;
    options.onProgress?.({ ...progress });
  }
  // Throws where a column is missing.
  if (!survey.complete) bind(options.source, survey.names, options);
  return {
    file,
    encoding,
    compiled,
    notes: survey.notes(mapping),
    rows: (onBytes) => readRows(file, readText(file, encoding, onBytes), columns),
    contentOf: ({ attributes }) => contentOf(attributes),
    hashOf({ attributes }) {
      const { headers, cells } = contentOf(attributes);
      return rowHash(headers, cells);
    },
  };
}

function bind(source: MappingSource, columns: readonly string[], options: ImportOptions): CompiledMapping {
  const { compiled, problems } = compileMapping(source.mapping, columns, options.asOfMs ?? null, null);
  if (compiled === null) throw mappingError(problems, (problem) => source.placeOf(problem));
  return compiled;
}

async function* readRows(
  file: InputFile,
  text: AsyncGenerator<string>,
  columns: readonly string[],
): AsyncGenerator<XesRow[]> {
  const stream = new XesStream(file.path, columns);
  for await (const piece of text) yield stream.write(piece);
  stream.end();
}

/** Where a time has no zone, all of them may lack it: that is the mapping's concern, not that of one bad row. */
function checkZone(file: InputFile, compiled: CompiledMapping, row: XesRow, options: ImportOptions): void {
  if (row.cells === null) return;
  const context = { importId: null, asOfMs: options.asOfMs ?? null };
  const mapped = mapRow(compiled, row.cells, context, () => ({ hash: '', ordinal: 1 }));
  if (!('failure' in mapped) || mapped.failure.code !== 'ZONE_MISSING') return;
  throw new TaktError('ZONE_MISSING', `${file.path}:${row.line}: ${mapped.failure.reason}.`);
}

/** As of a row of a CSV file that has these attributes as its columns. */
function contentOf(attributes: XesRow['attributes']): Omit<LetterCells, 'ordinal'> {
  const headers = attributes.flatMap((values) => [...values.keys()]);
  return { kind: 'xes', headers, cells: attributes.flatMap((values) => [...values.values()]) };
}
