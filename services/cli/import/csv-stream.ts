import { parse } from 'csv-parse/sync';
import { TaktError } from '../../shared/core/errors.ts';
import { RECORD_CHARS_MAX, scanRecord } from './csv-record.ts';
import type { InputRow } from './row-source.ts';

/** The header of a file, and its rows in pieces no larger than a few chunks of its text. */
export interface CsvContent {
  readonly header: readonly string[];
  readonly rows: AsyncGenerator<readonly InputRow[]>;
}

interface Found {
  readonly line: number;
  readonly raw: string;
  readonly quoted: boolean;
  readonly reason: string | null;
}

/**
 * Reads CSV (RFC 4180) from pieces of text. Empty lines are passed over; a malformed row, or one with another number
 * of cells than the header, comes with its reason. Throws FILE_UNREADABLE when there is no usable header.
 */
export async function readCsv(text: AsyncGenerator<string>, delimiter: string, path: string): Promise<CsvContent> {
  const records = readRecords(text, delimiter);
  const first = await records.next();
  const [head, ...others] = first.done === true ? [] : first.value;
  if (head === undefined) throw new TaktError('FILE_UNREADABLE', `${path} has no header line. It needs one and rows.`);
  if (head.reason !== null) {
    throw new TaktError('FILE_UNREADABLE', `${path}:${head.line}: the header is malformed: ${head.reason}. Mend it.`);
  }
  if (head.raw.includes('\0')) {
    throw new TaktError(
      'FILE_ENCODING',
      `${path}: the header has NUL characters, as UTF-16 has. Give --encoding utf16le.`,
    );
  }
  const [header = []] = cellsOf([head], delimiter);
  async function* rows(): AsyncGenerator<readonly InputRow[]> {
    try {
      if (others.length > 0) yield rowsOf(others, delimiter, header.length);
      for await (const found of records) yield rowsOf(found, delimiter, header.length);
    } finally {
      await text.return(undefined);
    }
  }
  return { header, rows: rows() };
}

/** Cuts text into records, never an empty list of them. What is left of an unfinished record stays for the next piece. */
async function* readRecords(text: AsyncGenerator<string>, delimiter: string): AsyncGenerator<Found[]> {
  const cutter = new Cutter(delimiter);
  for await (const piece of text) {
    const found = cutter.cut(piece, false);
    if (found.length > 0) yield found;
  }
  const found = cutter.cut('', true);
  if (found.length > 0) yield found;
}

class Cutter {
  private readonly delimiter: string;
  private rest = '';
  private line = 1;
  /** Inside a line that is longer than allowed: its beginning was already given, the remainder is passed over. */
  private skipping = false;

  constructor(delimiter: string) {
    this.delimiter = delimiter;
  }

  cut(piece: string, last: boolean): Found[] {
    const text = this.rest + piece;
    const found: Found[] = [];
    let at = this.skipping ? this.skip(text) : 0;
    while (at < text.length) {
      const scanned = scanRecord(text, at, this.delimiter, last);
      if (scanned.kind === 'incomplete') break;
      const { end, next } = scanned;
      const raw = text.slice(at, Math.min(end, at + RECORD_CHARS_MAX));
      if (scanned.kind === 'malformed') found.push({ line: this.line, raw, quoted: false, reason: scanned.reason });
      else if (raw !== '') found.push({ line: this.line, raw, quoted: scanned.quoted, reason: null });
      this.skipping = !last && next === text.length && text[next - 1] !== '\n';
      this.line += this.feeds(text, at, next);
      at = next;
    }
    // A copy, so that the short rest does not keep the whole piece in memory.
    this.rest = at >= text.length ? '' : Buffer.from(text.slice(at), 'utf16le').toString('utf16le');
    return found;
  }

  private skip(text: string): number {
    const feed = text.indexOf('\n');
    this.skipping = feed === -1;
    if (feed === -1) return text.length;
    this.line += 1;
    return feed + 1;
  }

  private feeds(text: string, from: number, to: number): number {
    let count = 0;
    for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
    return count;
  }
}

function rowsOf(found: readonly Found[], delimiter: string, width: number): InputRow[] {
  const good = found.filter((record) => record.reason === null);
  const cells = cellsOf(good, delimiter).values();
  return found.map(({ line, raw, reason }): InputRow => {
    if (reason !== null) return { line, raw, cells: null, reason };
    const row = cells.next().value!;
    if (row.length === width) return { line, raw, cells: row, reason: null };
    return { line, raw, cells: null, reason: `the row has ${row.length} cells; allowed: ${width}, as the header has` };
  });
}

/** The cells of well-formed records. Without a quote a record is its text between delimiters, which is the usual case. */
function cellsOf(records: readonly Found[], delimiter: string): string[][] {
  const quoted = records.filter((record) => record.quoted).map((record) => record.raw);
  const parsed = quoted.length === 0 ? [] : parseQuoted(quoted, delimiter);
  const next = parsed.values();
  return records.map((record) => (record.quoted ? next.next().value! : record.raw.split(delimiter)));
}

function parseQuoted(records: readonly string[], delimiter: string): string[][] {
  // Quotes inside a cell that does not begin with one stand for themselves (37°36'37.8"N); all others were checked.
  const parsed: string[][] = parse(records.join('\n'), {
    delimiter,
    record_delimiter: '\n',
    relax_column_count: true,
    relax_quotes: true,
  });
  if (parsed.length !== records.length) {
    throw new TaktError('INTERNAL', `The CSV parser found ${parsed.length} records where there are ${records.length}.`);
  }
  return parsed;
}
