import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { readCsv } from '../../services/cli/import/csv-stream.ts';
import { encodeText } from '../../services/cli/import/encoding.ts';
import { importFile } from '../../services/cli/import/import-file.ts';
import { BATCH_MAX } from '../../services/cli/import/import-run.ts';
import { loadMapping, parseMapping } from '../../services/cli/import/mapping-file.ts';
import { mappingFromFlags } from '../../services/cli/import/mapping-flags.ts';
import { createOrdinalTable } from '../../services/cli/import/ordinals.ts';
import { createProgress } from '../../services/cli/import/progress.ts';
import type { InputRow } from '../../services/cli/import/row-source.ts';
import { summaryText } from '../../services/cli/import/summary.ts';
import { type Imported, importInMemory as run } from '../support/import-in-memory.ts';

const DATASETS = process.env['TAKT_DATASETS'] ?? '../shared/datasets';
const HELPDESK = join(DATASETS, 'helpdesk_italian.csv');
const SPECTRUM = join(DATASETS, '..', 'badinput', 'csv-spectrum');
const CI = process.env['CI'] === 'true';
const SHARED = !CI && !existsSync(HELPDESK) ? `skipped: no data sets at ${DATASETS}; set TAKT_DATASETS` : null;
const NO_SPECTRUM = !CI && !existsSync(SPECTRUM) ? `skipped: no csv-spectrum beside ${DATASETS}` : null;
const directory = mkdtempSync(join(tmpdir(), 'takt-import-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function rowsOf(
  pieces: readonly (string | Buffer)[],
  delimiter = ',',
): Promise<{ header: readonly string[]; rows: InputRow[] }> {
  async function* text(): AsyncGenerator<string> {
    for (const piece of pieces) yield String(piece);
  }
  const content = await readCsv(text(), delimiter, 'test.csv');
  const rows: InputRow[] = [];
  for await (const some of content.rows) rows.push(...some);
  return { header: content.header, rows };
}

const simple = mappingFromFlags({
  workflow: 'w',
  case: ['id'],
  activity: ['const:seen'],
  time: ['at'],
  dimension: ['d=d'],
});
const ids = (imported: Imported): string[] => imported.events.map((event) => `${event.caseId} ${event.id}`).sort();

// The expectation of location_coordinates holds another phone number than its file, as it is published.
const spectrum =
  NO_SPECTRUM === null ? readdirSync(join(SPECTRUM, 'csvs')).filter((name) => !name.startsWith('location')) : [];
test.skipIf(NO_SPECTRUM !== null).each(spectrum)('csv-spectrum: %s, whole and byte by byte', async (name) => {
  const text = readFileSync(join(SPECTRUM, 'csvs', name), 'utf8');
  const expected: unknown = JSON.parse(readFileSync(join(SPECTRUM, 'json', name.replace('.csv', '.json')), 'utf8'));
  for (const pieces of [[text], Array.from(text)]) {
    const { header, rows } = await rowsOf(pieces);
    const objects = rows.map(({ cells }) => Object.fromEntries(header.map((column, i) => [column, cells![i]])));
    // newlines_crlf expects the line ends inside of quotes that its file may have lost in a checkout.
    expect(JSON.stringify(objects).replaceAll('\\r\\n', '\\n')).toBe(
      JSON.stringify(expected).replaceAll('\\r\\n', '\\n'),
    );
  }
});

test('a quote inside an unquoted cell stands for itself', async () => {
  const { rows } = await rowsOf([`a,b\n"x",37°36'37.8"N 2'17.9"W\n`]);
  expect(rows[0]!.cells).toEqual(['x', `37°36'37.8"N 2'17.9"W`]);
});

test.each([1, 3, 1000])('bad lines are told apart and swallow nothing, in pieces of %i', async (size) => {
  const text = 'a,b\r\n1,2\r\n1,"x\r\n3,4\n\n1,"x"y\n"p\nq",5\n1\n1,2,3\n"un';
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
  const { rows } = await rowsOf(pieces);
  const told = rows.map(({ line, raw, cells, reason }) => [line, raw, cells?.join('|') ?? reason?.split(';')[0]]);
  expect(told).toEqual([
    [2, '1,2', '1|2'],
    [3, '1,"x', "in cell 2, 'x' follows the closing quote"],
    [4, '3,4', '3|4'],
    [6, '1,"x"y', "in cell 2, 'y' follows the closing quote"],
    [7, '"p\nq",5', 'p\nq|5'],
    [9, '1', 'the row has 1 cells'],
    [10, '1,2,3', 'the row has 3 cells'],
    [11, '"un', 'the quote that opens cell 1 is never closed'],
  ]);
});

test('a line longer than allowed is one bad row, and the next one is read', async () => {
  const long = 'x'.repeat(300_000);
  const { rows } = await rowsOf(['a,b\n', long, long, long, long, long, '\n1,2\n']);
  expect(rows.map(({ line, cells }) => [line, cells])).toEqual([
    [2, null],
    [3, ['1', '2']],
  ]);
  expect(rows[0]!.raw.length).toBeLessThanOrEqual(1_048_576);
});

test.skipIf(SHARED !== null)(
  'helpdesk_italian: 21,348 events, 127 duplicate rows; again, shuffled and gzipped the same',
  async () => {
    const source = await loadMapping('test/catalogues/helpdesk_italian.mapping.yaml');
    const first = await run(HELPDESK, source);
    expect(first.summary).toMatchObject({ rows: 21_348, events: 21_348, deadLetters: 0, equalRows: 127 });
    expect(new Set(first.events.map((event) => event.id)).size).toBe(21_348);
    expect(Math.max(...first.batches)).toBe(BATCH_MAX);
    expect(first.calls).toEqual([
      `begin ${first.summary.importId}`,
      `end ${first.summary.importId} ${first.summary.maxEventMs}`,
    ]);
    const again = await run(HELPDESK, source, { ordinalsInMemoryMax: 100 });
    expect(again.events).toEqual(first.events);
    expect(again.summary.importId).toBe(first.summary.importId);
    const [head, ...lines] = readFileSync(HELPDESK, 'utf8').trimEnd().split('\n');
    let state = 7;
    for (let i = lines.length - 1; i > 0; i--) {
      state = (state * 48_271) % 2_147_483_647;
      const j = state % (i + 1);
      [lines[i], lines[j]] = [lines[j]!, lines[i]!];
    }
    const shuffled = [head, ...lines].join('\n');
    const other = await run(file('shuffled.csv.gz', gzipSync(shuffled)), source);
    expect(other.events.map((event) => event.id)).not.toEqual(first.events.map((event) => event.id));
    expect(ids(other)).toEqual(ids(first));
  },
);

test.skipIf(SHARED !== null).each([1, 2, 3, 4, 5, 6])('dascen scenario %i: every row is an event', async (n) => {
  const path = join(DATASETS, 'dascen', `scenario_0${n}_clean.csv`);
  const imported = await run(path, await loadMapping('test/catalogues/dascen.mapping.yaml'));
  expect(imported.letters).toEqual([]);
  expect(imported.summary.events).toBe(readFileSync(path, 'utf8').trim().split('\n').length - 1);
  expect(imported.events[0]!.caseId).toBe('5:PO-016:Car-018:Goods-In');
});

test('equal rows of two files have the same ids, whatever the order of columns', async () => {
  const one = await run(file('one.csv', 'id,at,d\n1,2020-01-01,x\n1,2020-01-01,x\n'), simple);
  const two = await run(file('two.csv', '\ufeffd,id,at\r\nx,1,2020-01-01\r\n'), simple);
  expect(one.events.map((event) => event.id.slice(32))).toEqual(['-1', '-2']);
  expect(two.events[0]!.id).toBe(one.events[0]!.id);
});

test('bad rows go to the dead letters with reason and raw bytes', async () => {
  const path = file('bad.csv', 'id;at;d\n1;2020-01-01;é\n2;soon;€\n3;2020-01-01\n');
  const source = mappingFromFlags({
    workflow: 'w',
    delimiter: ';',
    case: ['id'],
    activity: ['const:seen'],
    time: ['at'],
  });
  const { letters, summary, events } = await run(path, source);
  expect(events).toHaveLength(1);
  expect(letters.map(({ code, source: from }) => [code, from])).toEqual([
    ['ROW_INVALID', 'import:bad.csv'],
    ['ROW_INVALID', 'import:bad.csv'],
  ]);
  expect(letters.map(({ rawBase64 }) => Buffer.from(rawBase64, 'base64').toString())).toEqual([
    '2;soon;€',
    '3;2020-01-01',
  ]);
  expect(letters[0]!.reason).toBe(`line 3: 'at' is no date: "soon"; allowed: iso (zone UTC)`);
  expect(letters[1]!.reason).toContain('line 4: the row has 2 cells');
  expect(new Set(letters.map((letter) => letter.id)).size).toBe(2);
  expect(summaryText(summary, 'data')).toContain('3 rows, 1 event.');
  expect(summaryText(summary, 'my data')).toContain('line 3:');
  expect(summaryText(summary, 'my data')).toContain('npx takt dead-letters --data "my data" --workflow w');
});

test('of equal bad rows each is a dead letter, under the id that its event will have', async () => {
  const { letters } = await run(file('bad.csv', 'id,at,d\n1,soon,x\n2,never,x\n1,soon,x\n'), simple);
  const again = await run(file('bad.csv', 'id,at,d\n1,soon,x\n1,soon,x\n2,never,x\n'), simple);
  expect(letters.map(({ content }) => content)).toEqual([
    { kind: 'csv', headers: ['id', 'at', 'd'], cells: ['1', 'soon', 'x'], ordinal: 1 },
    { kind: 'csv', headers: ['id', 'at', 'd'], cells: ['2', 'never', 'x'], ordinal: 1 },
    { kind: 'csv', headers: ['id', 'at', 'd'], cells: ['1', 'soon', 'x'], ordinal: 2 },
  ]);
  expect(new Set(letters.map(({ id }) => id)).size).toBe(3);
  expect(again.letters.map(({ id }) => id).toSorted()).toEqual(letters.map(({ id }) => id).toSorted());
});

test('a wrong byte is found before anything is handed over', async () => {
  const rows = '1,2020-01-01,x\n'.repeat(40_000);
  const path = file('latin.csv', Buffer.from(`id,at,d\n${rows}2,2020-01-01,caf\xe9\n`, 'latin1'));
  const calls: string[] = [];
  const note = async (): Promise<void> => void calls.push('called');
  const failed = importFile({ path, source: simple }, { begin: note, events: note, deadLetters: note, end: note });
  await expect(failed).rejects.toMatchObject({
    code: 'FILE_ENCODING',
    message: expect.stringMatching(/byte 600024 \(0xe9\), line 40002\. .*--encoding latin1/),
  });
  expect(calls).toEqual([]);
  const read = await run(path, simple, { encoding: 'latin1' });
  expect(read.events.at(-1)!.dimensions).toEqual({ d: 'café' });
});

test('UTF-16 and Windows-1252 are read, and their dead letters hold the bytes of the file', async () => {
  const text = 'id,at,d\n1,2020-01-01,€\n2,never,€\n';
  for (const encoding of ['utf16le', 'latin1'] as const) {
    const bom = encoding === 'utf16le' ? '\ufeff' : '';
    const path = file(`${encoding}.csv`, encodeText(bom + text, encoding));
    const { events, letters } = await run(path, simple, { encoding });
    expect(events.map((event) => event.dimensions['d'])).toEqual(['€']);
    expect(Buffer.from(letters[0]!.rawBase64, 'base64')).toEqual(encodeText('2,never,€', encoding));
    await expect(run(path, simple)).rejects.toMatchObject({ code: 'FILE_ENCODING' });
  }
  await expect(run(file('utf16le.csv', encodeText('\ufeffid,at\n', 'utf16le')), simple)).rejects.toThrow(
    '--encoding utf16le',
  );
});

test.each([
  ['missing.csv', null, 'FILE_UNREADABLE', 'Check the path'],
  ['empty.csv', '', 'FILE_UNREADABLE', 'is empty'],
  ['damaged.gz', gzipSync('id,at,d\n1,2020-01-01,x\n').subarray(0, 25), 'FILE_UNREADABLE', 'damaged gzip'],
  ['columns.csv', 'Id,at,d\n', 'MAPPING_INVALID', "--case: the file has no column 'id', did you mean 'Id'?"],
])('%s is refused', async (name, content, code, message) => {
  const path = content === null ? join(directory, name) : file(name, content);
  await expect(run(path, simple)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('a mapping file says where it is wrong', async () => {
  const wrong =
    "workflow: w\ncase: [id]\nevents:\n  - activity: x\n    time: { column: at, formats: ['yyyy'] }\n    vale: 1\n";
  expect(() => parseMapping(wrong, 'm.yaml')).toThrow(
    /m\.yaml:6:5: unknown key 'vale' in events\.0, did you mean 'value'\?[^]*m\.yaml:5:35: /,
  );
  const column = parseMapping(
    'workflow: w\ncase: [Id]\nevents:\n  - { activity: x, time: { column: att } }\n',
    'm.yaml',
  );
  const failed = run(file('c.csv', 'id,at,d\n1,2020-01-01,x\n'), column);
  await expect(failed).rejects.toThrow(/^m\.yaml:2:8: .*'id'[^]*\nm\.yaml:4:36: the file has no column 'att'/);
});

test('flags: pairs of activity and time, as-of', async () => {
  const path = file('flags.csv', 'id,o,c,q\n1,2020-01-01,,2\n2,2020-01-01,2020-01-05,2\n');
  const source = mappingFromFlags({
    workflow: 'w',
    case: ['id'],
    activity: ['const:open', 'const:close'],
    time: ['o', 'c'],
    value: 'q * 1.5',
  });
  const { events } = await run(path, source);
  expect(events.map((event) => [event.caseId, event.activity, event.value])).toEqual(
    [
      ['1', 'open'],
      ['2', 'open'],
      ['2', 'close'],
    ].map((pair) => [...pair, { unscaled: 30n, scale: 1 }]),
  );
  const stock = await run(path, mappingFromFlags({ workflow: 'w', case: ['id'], activity: ['const:stock'] }), {
    asOfMs: 42,
  });
  expect(stock.events.map((event) => event.timeMs)).toEqual([42, 42]);
  expect(() => mappingFromFlags({ workflow: 'w', case: ['id'], activity: ['a'], time: ['x', 'y'] })).toThrow('as many');
});

test('rows that where leaves out are passed over and take no place among equal rows', async () => {
  const path = file('where.csv', 'id,at,d\n1,2020-01-01,x\n1,2020-01-01,y\n1,never,z\n1,2020-01-01,x=1\n');
  const flags = { workflow: 'w', case: ['id'], activity: ['const:seen'], time: ['at'], dimension: ['d=d'] };
  const { events, summary } = await run(path, mappingFromFlags({ ...flags, where: ['d=y', 'd=x=1'] }));
  expect(events.map(({ dimensions }) => dimensions['d'])).toEqual(['y', 'x=1']);
  expect(summary).toMatchObject({ rows: 4, events: 2, passedOver: 2, deadLetters: 0 });
  expect(summaryText(summary, 'data')).toContain("2 rows passed over, as the mapping's where says");
  expect(() => mappingFromFlags({ ...flags, where: ['=x'] })).toThrow('column=text');
  const wrong = run(path, mappingFromFlags({ ...flags, where: ['D=x'] }));
  await expect(wrong).rejects.toThrow("--where: the file has no column 'D', did you mean 'd'?");
});

test('ordinals on disk are those of memory, through growing', () => {
  const disk = createOrdinalTable(10);
  const counts = new Map<string, number>();
  const wrong: string[] = [];
  let state = 1;
  for (let i = 0; i < 20_000; i++) {
    state = (state * 48_271) % 2_147_483_647;
    const hash = (state % 6000).toString(16).padStart(12, '0').padEnd(32, '7');
    const expected = (counts.get(hash) ?? 0) + 1;
    counts.set(hash, expected);
    if (disk.next(hash) !== expected) wrong.push(`${hash} at ${i}`);
  }
  disk.close();
  expect(wrong).toEqual([]);
  expect(counts.size).toBeGreaterThan(5000);
});

test('a plain progress line comes every few seconds', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const progress = createProgress({ write: (text: string | Uint8Array) => lines.push(String(text)) > 0 }, () => nowMs);
  for (; nowMs <= 10_000; nowMs += 1000) {
    progress.update({
      checking: nowMs <= 5000,
      bytesRead: nowMs,
      bytesTotal: 10_000,
      rows: 1,
      events: 2,
      deadLetters: 0,
    });
  }
  progress.stop();
  expect(lines).toEqual(['50%: checking, 1 rows\n', '100%: 1 rows, 2 events, 0 dead letters\n']);
});
