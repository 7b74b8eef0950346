import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import type { LetterCells } from '../../shared/core/messages.ts';
import type { CompiledMapping } from '../../shared/core/ingest/mapping-compile.ts';
import type { InputFile } from './text-stream.ts';

/** A row of a file: its cells, or why it has none. */
export interface InputRow {
  /** Counts the file's lines from 1. */
  readonly line: number;
  /** The row as it stands in the file, without a line end. */
  readonly raw: string;
  /** As many as the mapping's headers. */
  readonly cells: readonly string[] | null;
  /** Null for a good row. */
  readonly reason: string | null;
}

/** A file that was read once and found right, together with its mapping. */
export interface RowSource<Row extends InputRow = InputRow> {
  readonly file: InputFile;
  readonly encoding: Encoding;
  readonly compiled: CompiledMapping;
  /** What a person should know of the file, for the summary; each a sentence. */
  readonly notes: readonly string[];
  /** The rows from the beginning, in pieces. `onBytes` gets the bytes read of the file so far. */
  rows(onBytes: (bytesRead: number) => void): AsyncGenerator<readonly Row[]>;
  /** A good row's content, by which it can be read again with any mapping. */
  contentOf(row: Row): Omit<LetterCells, 'ordinal'>;
  /** The hash of a good row's content, 32 hex digits; the mapping does not change it. */
  hashOf(row: Row): string;
}
