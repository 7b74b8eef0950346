import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { encodeText } from '../../services/cli/import/encoding.ts';
import type { ImportOptions, ImportProgress } from '../../services/cli/import/import-options.ts';
import { parseMapping } from '../../services/cli/import/mapping-file.ts';
import type { MappingFlags } from '../../services/cli/import/mapping-flags.ts';
import { mappingForFile } from '../../services/cli/import/mapping-for-file.ts';
import { summaryText } from '../../services/cli/import/summary.ts';
import { NAMES_MAX, TRANSITIONS_MAX } from '../../services/cli/import/xes-survey.ts';
import { readMappedEvents } from '../../services/cli/replay/read-events.ts';
import { type Imported, importInMemory } from '../support/import-in-memory.ts';
import { eventText, string } from '../support/xes-text.ts';

const directory = mkdtempSync(join(tmpdir(), 'takt-xes-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** Imports a file as `takt import` does with these flags. */
async function run(path: string, flags: MappingFlags = {}, more: Partial<ImportOptions> = {}): Promise<Imported> {
  return importInMemory(path, await mappingForFile(path, { workflow: 'w', ...flags }), more);
}

const NAME = (name: string): string => `<string key="concept:name" value="${name}"/>`;
const TIME = (time: string): string => `<date key="time:timestamp" value="${time}"/>`;
const AT = TIME('2020-01-01T12:00:00.000+01:00');

function trace(name: string, ...events: readonly string[]): string {
  return `<trace>${NAME(name)}\n${events.map((event) => `<event>${event}</event>`).join('\n')}</trace>`;
}

function log(...traces: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0">\n${traces.join('\n')}\n</log>\n`;
}

/** Case, activity, time and dimensions of what was imported. */
function seen({ events }: Imported): unknown[] {
  return events.map(({ caseId, activity, timeMs, dimensions }) => [
    caseId,
    activity,
    new Date(timeMs).toISOString(),
    ...Object.values(dimensions),
  ]);
}

const ONE = log(trace('7', NAME('Grüße €') + AT));
const ONE_SEEN = [['7', 'Grüße €', '2020-01-01T11:00:00.000Z']];

test('case, activity and time are those of the standard when no flag says otherwise', async () => {
  const path = file('default.xes', log(trace('7', NAME('A') + AT, NAME('B') + AT), trace('8', NAME('A') + AT)));
  const { summary, events, calls } = await run(path);
  expect(events.map(({ caseId, activity }) => [caseId, activity])).toEqual([
    ['7', 'A'],
    ['7', 'B'],
    ['8', 'A'],
  ]);
  expect(summary).toMatchObject({ rows: 3, events: 3, deadLetters: 0, notes: [] });
  expect(calls).toEqual([`begin ${summary.importId}`, `end ${summary.importId} ${summary.maxEventMs}`]);
  expect(seen(await run(path, { case: ['concept:name'], activity: ['const:x'], time: ['time:timestamp'] }))).toEqual([
    ['A', 'x', '2020-01-01T11:00:00.000Z'],
    ['B', 'x', '2020-01-01T11:00:00.000Z'],
    ['A', 'x', '2020-01-01T11:00:00.000Z'],
  ]);
});

test.each([
  ['plain.xes', ONE],
  ['UPPER.XES', ONE],
  ['gzipped.xes.gz', gzipSync(ONE)],
  ['named-otherwise.xml', ONE],
  ['named-otherwise.gz', gzipSync(ONE)],
  ['no-declaration.txt', ONE.slice(ONE.indexOf('<log'))],
  ['prefix.txt', `<x:log xmlns:x="u">${ONE.slice(ONE.indexOf('<trace'))}`.replace('</log>', '</x:log>')],
  ['bom.txt', `\ufeff${ONE}`],
  ['utf16.txt', encodeText(`\ufeff${ONE}`, 'utf16le')],
  ['utf16-no-mark.xes', encodeText(ONE.replace('UTF-8', 'UTF-16'), 'utf16le')],
  ['latin1.xes', encodeText(ONE.replace('UTF-8', 'iso-8859-1'), 'latin1')],
  ['windows.xes', encodeText(ONE.replace('"UTF-8"', "'Windows-1252'"), 'latin1')],
  ['utf8-that-says-latin1.xes', `\ufeff${ONE.replace('UTF-8', 'iso-8859-1')}`],
])('%s is read as XES, in its encoding', async (name, content) => {
  expect(seen(await run(file(name, content)))).toEqual(ONE_SEEN);
});

test('a CSV file that has XML in it stays a CSV file', async () => {
  const path = file('cells.csv', 'id,<log>\n1,2020-01-01\n');
  expect(seen(await run(path, { case: ['id'], activity: ['const:a'], time: ['<log>'] }))).toHaveLength(1);
});

test('--encoding goes before what the file says', async () => {
  const path = file('says-utf8.xes', encodeText(ONE, 'latin1'));
  await expect(run(path)).rejects.toMatchObject({ code: 'FILE_ENCODING', message: expect.stringContaining('line 4') });
  expect(seen(await run(path, {}, { encoding: 'latin1' }))).toEqual(ONE_SEEN);
  const mapping =
    'workflow: w\nencoding: latin1\ncase: case:concept:name\nevents: [{ activity: a, time: time:timestamp }]\n';
  expect(seen(await importInMemory(path, parseMapping(mapping, 'm.yaml')))).toHaveLength(1);
  const strange = file('koi8.xes', encodeText(ONE.replace('UTF-8', 'koi8-r'), 'latin1'));
  await expect(run(strange)).rejects.toThrow(/encoded as "koi8-r"; allowed: UTF-8.*--encoding/);
  expect(seen(await run(strange, {}, { encoding: 'latin1' }))).toEqual(ONE_SEEN);
});

const BIG_ENDIAN = Buffer.from(encodeText(`\ufeff${ONE}`, 'utf16le')).swap16();
test.each([
  ['big-endian.xes', BIG_ENDIAN, 'FILE_ENCODING', '"UTF-16BE"; allowed: UTF-8'],
  ['big-endian-no-mark.xes', BIG_ENDIAN.subarray(2), 'FILE_ENCODING', '"UTF-16BE"'],
  ['cut.xes.gz', gzipSync(ONE).subarray(0, -20), 'FILE_UNREADABLE', 'damaged gzip'],
  ['cut.xes', ONE.slice(0, -12), 'FILE_UNREADABLE', 'cut.xes:4: the file is cut off: <trace> of line 3 is not closed'],
  ['broken.xes', ONE.replace('</event>', '</events>'), 'FILE_UNREADABLE', 'broken.xes:4: it is not well-formed XML'],
  ['bomb.xes', `<!DOCTYPE log [<!ENTITY a "b">]>${ONE}`, 'FILE_UNREADABLE', 'bomb.xes:1: the file has a DOCTYPE'],
  ['table.xes', 'Case ID,Activity\n1,a\n', 'FILE_UNREADABLE', 'it is not well-formed XML: text data outside of root'],
  ['page.xes', '<html/>', 'FILE_UNREADABLE', 'the root element is <html>'],
  ['empty.xes', '', 'FILE_UNREADABLE', 'is empty'],
])('%s is refused before anything is handed over', async (name, content, code, message) => {
  const calls: string[] = [];
  const path = file(name, content);
  const failed = run(path, {}, { onProgress: ({ checking }) => void (checking || calls.push('read')) });
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  expect(calls).toEqual([]);
});

test('a time without a zone is asked for, never guessed, before anything is handed over', async () => {
  const wall = TIME('2020-07-01T12:00:00.000');
  const path = file('zone.xes', log(trace('7', NAME('A') + AT), trace('8', NAME('A') + wall)));
  await expect(run(path)).rejects.toMatchObject({
    code: 'ZONE_MISSING',
    message: expect.stringMatching(
      /zone\.xes:6: 'time:timestamp' has no time zone: "2020-07-01T12:00:00\.000".* --zone /,
    ),
  });
  const rome = await run(path, { zone: 'Europe/Rome' });
  expect(rome.events.map(({ timeMs }) => new Date(timeMs).toISOString())).toEqual([
    '2020-01-01T11:00:00.000Z',
    '2020-07-01T10:00:00.000Z',
  ]);
});

test('of a row that where leaves out no zone is asked for', async () => {
  const other = `${NAME('B')}${TIME('2020-07-01T12:00:00')}`;
  const path = file('where-zone.xes', log(trace('7', NAME('A') + AT, other)));
  expect(seen(await run(path, { where: ['concept:name=A'] }))).toHaveLength(1);
});

test('bad events go to the dead letters with line, attribute and text', async () => {
  const nameless = `<trace><event>${NAME('A')}${AT}</event></trace>`;
  const bad = [`${NAME('A')}${TIME('soon')}`, AT, NAME('A'), '<string value="x"/>'];
  const outside = `<event>${NAME('A')}${AT}</event>`;
  const path = file('bad.xes', log(trace('7', ...bad, NAME('A') + AT), nameless, outside));
  const { letters, events, summary } = await run(path);
  expect(events).toHaveLength(1);
  expect(letters.map(({ code, reason }) => [code, reason.split(';')[0]])).toEqual([
    ['ROW_INVALID', `line 4: 'time:timestamp' is no date: "soon"`],
    ['ROW_INVALID', "line 5: no activity: 'concept:name' is empty"],
    ['ROW_INVALID', "line 6: no time: 'time:timestamp' is empty"],
    ['ROW_INVALID', 'line 7: <string> in line 7 has no key'],
    ['ROW_INVALID', "line 9: no case id: 'case:concept:name' is empty"],
    ['ROW_INVALID', "line 10: no case id: 'case:concept:name' is empty"],
  ]);
  const raws = letters.map(({ rawBase64 }) => Buffer.from(rawBase64, 'base64').toString());
  expect(raws[0]).toBe(`<trace>${NAME('7')}\n<event>${bad[0]}</event>`);
  expect(raws.slice(4)).toEqual([`<trace>${outside}`, outside]);
  expect(new Set(letters.map(({ id }) => id)).size).toBe(letters.length);
  expect(summaryText(summary, 'data')).toContain('7 rows, 1 event.');
});

test('a dead letter has the bytes of a file in another encoding', async () => {
  const path = file(
    'letter.xes',
    encodeText(log(trace('é', NAME('A') + TIME('x'))).replace('UTF-8', 'ISO-8859-1'), 'latin1'),
  );
  const raw = Buffer.from((await run(path)).letters[0]!.rawBase64, 'base64').toString('latin1');
  expect(raw).toContain('value="é"');
});

test('a bad event of two cases is two dead letters', async () => {
  const { letters } = await run(
    file('two.xes', log(trace('7', NAME('A') + TIME('x')), trace('8', NAME('A') + TIME('x')))),
  );
  expect(new Set(letters.map(({ id }) => id)).size).toBe(2);
});

const TRANSITION = (name: string): string => `<string key="lifecycle:transition" value="${name}"/>`;

test('lifecycle transitions: a note, one of them, or part of the activity', async () => {
  const events = ['start', 'complete', 'schedule'].map((name) => NAME('A') + TRANSITION(name) + AT);
  const path = file('lifecycle.xes', log(trace('7', ...events, NAME('A') + AT)));
  const all = await run(path);
  const note =
    'each lifecycle transition (complete, schedule, start) counts as an event; --where lifecycle:transition=complete takes one of them';
  expect([all.events.length, all.summary.notes]).toEqual([4, [note]]);
  expect(summaryText(all.summary, 'data')).toContain(note);
  const complete = await run(path, { where: ['lifecycle:transition=complete'] });
  expect(complete.summary).toMatchObject({ events: 1, passedOver: 3, notes: [] });
  const mapping = `workflow: w
case: [case:concept:name]
events:
  - { activity: { columns: [concept:name, lifecycle:transition] }, time: time:timestamp }
where: { lifecycle:transition: [complete, ""] }
`;
  const joined = await importInMemory(path, parseMapping(mapping, 'm.yaml'));
  expect(joined.events.map(({ activity }) => activity)).toEqual(['A+complete', 'A']);
});

test('several activities without times take the as-of time', async () => {
  const path = file('as-of.xes', log(trace('7', NAME('A') + AT)));
  const { events } = await run(path, { activity: ['const:a', 'const:b'] }, { asOfMs: 5 });
  expect(events.map(({ activity, timeMs }) => [activity, timeMs])).toEqual([
    ['a', 5],
    ['b', 5],
  ]);
});

test('a note names some lifecycle transitions, not any number', async () => {
  const events = Array.from({ length: TRANSITIONS_MAX + 2 }, (_, i) => NAME('A') + TRANSITION(`t${i}`) + AT);
  const { summary } = await run(file('transitions.xes', log(trace('7', ...events))));
  expect(summary.notes[0]!.match(/\bt\d/g)).toHaveLength(TRANSITIONS_MAX + 1);
});

test('attributes of trace and event, nested ones and defaults are columns', async () => {
  const globals = '<global scope="event"><string key="team" value="north"/></global>';
  const event = `${NAME('A')}${AT}<float key="cost" value="2.50"><list key="parts"><values><int key="n" value="3"/></values></list></float>`;
  const body = `<trace>${NAME('7')}<string key="region" value="EU"/><event>${event}</event></trace>`;
  const path = file('columns.xes', log(globals, body));
  const dimension = ['region=case:region', 'parts=cost/parts/n', 'team=team'];
  const { events } = await run(path, { dimension, value: '[cost] * [cost/parts/n]' });
  expect(events[0]).toMatchObject({
    dimensions: { region: 'EU', parts: '3', team: 'north' },
    value: { unscaled: 750n, scale: 2 },
  });
});

test('an attribute that no event has is named, with what it may have meant', async () => {
  const path = file('names.xes', log(trace('7', NAME('A') + AT)));
  await expect(run(path, { dimension: ['name=concept:nam'] })).rejects.toMatchObject({
    code: 'MAPPING_INVALID',
    message:
      "--dimension: the file has no column 'concept:nam', did you mean 'concept:name'?; allowed: its columns: case:concept:name, concept:name, time:timestamp",
  });
  const many = Array.from({ length: NAMES_MAX + 50 }, (_, i) => `<int key="k${i}" value="1"/>`).join('');
  const wide = file('wide.xes', log(trace('7', NAME('A') + AT + many)));
  await expect(run(wide, { dimension: ['x=none'] })).rejects.toThrow(`… and ${NAMES_MAX - 20} more`);
  const last = await run(wide, { dimension: [`x=k${NAMES_MAX + 49}`] });
  expect(last.events[0]!.dimensions).toEqual({ x: '1' });
});

test('replay reads it too, in the order of time', async () => {
  const early = TIME('2019-01-01T00:00:00Z');
  const path = file('replay.xes', log(trace('7', NAME('B') + AT), trace('8', NAME('A') + early)));
  const source = await mappingForFile(path, { workflow: 'w' });
  const { events } = await readMappedEvents({ path, source });
  expect(events.map(({ caseId, importId }) => [caseId, importId])).toEqual([
    ['8', null],
    ['7', null],
  ]);
});

test('a log without events is imported, and gives none', async () => {
  const { summary } = await run(file('none.xes', log('<trace/>')));
  expect(summary).toMatchObject({ rows: 0, events: 0, deadLetters: 0 });
});

test('checking shows progress, and then importing does', async () => {
  const shown: ImportProgress[] = [];
  const path = file('progress.xes', log(...Array.from({ length: 3000 }, (_, i) => trace(String(i), NAME('A') + AT))));
  await run(path, {}, { onProgress: (progress) => shown.push(progress) });
  const last = (checking: boolean): ImportProgress | undefined => shown.findLast((each) => each.checking === checking);
  expect(shown.findLastIndex(({ checking }) => checking)).toBe(shown.findIndex(({ checking }) => !checking) - 1);
  expect(last(true)).toMatchObject({ rows: 3000, events: 0, bytesRead: last(true)!.bytesTotal });
  expect(last(false)).toMatchObject({ rows: 3000, events: 3000, bytesRead: last(true)!.bytesTotal });
});

test('ids are those of a CSV file with the same columns; twice and shuffled they stay the same', async () => {
  const text = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', '"', ',', '<', 'é', ' ') });
  const row = fc.record({ case: fc.constantFrom('1', '2'), activity: text, team: text });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
      const time = '2020-01-01T12:00:00Z';
      const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
      const lines = rows.map((each) => [each.team, each.case, each.activity, time].map(quoted).join(','));
      const csv = file('same.csv', ['team,case:concept:name,concept:name,time:timestamp', ...lines, ''].join('\n'));
      const traces = rows.map((each) => {
        const event = [
          string('concept:name', each.activity),
          string('time:timestamp', time),
          string('team', each.team),
        ];
        return `<trace>${NAME(each.case)}${eventText(event)}</trace>`;
      });
      const ids = ({ events }: Imported): string[] => events.map(({ caseId, id }) => `${caseId} ${id}`);
      const flags = { case: ['case:concept:name'], activity: ['concept:name'], time: ['time:timestamp'] };
      const expected = ids(await run(csv, flags));
      expect(ids(await run(file('same.xes', log(...traces))))).toEqual(expected);
      const reversed = await run(file('reversed.xes', log(...traces.toReversed())));
      expect(ids(reversed).toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 30 },
  );
});
