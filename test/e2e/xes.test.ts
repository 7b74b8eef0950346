import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { type Dump, saidDump } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { takt } from '../support/takt-process.ts';

const CATALOGUE = ['--catalogue', 'test/catalogues/identity.yaml'];
const LEVELS = { kpi: 'open', instants: ['2012-01-01', '2012-06-01', '2013-01-01', '2013-07-01', '2014-01-01'] };
/** Dimensions with the columns of helpdesk_italian.csv; its XES file names them the same but for the resource. */
const SAME = [
  'seriousness',
  'customer',
  'product',
  'responsible_section',
  'seriousness_2',
  'service_level',
  'service_type',
  'support_section',
  'workgroup',
];
const DIMENSIONS = SAME.map((name) => `${name}=${name}`);
const OF_XES = ['--workflow', 'helpdesk', '--dimension', 'resource=org:resource', ...DIMENSIONS];
const WHY = dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`;

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

async function imported(file: string, data: string, ...flags: readonly string[]): Promise<void> {
  const { code, stderr } = await takt(['import', file, ...CATALOGUE, '--data', data, ...flags]);
  expect(stderr.split('\n').filter((line) => line.includes('takt:'))).toEqual([]);
  expect(code).toBe(0);
}

function dumped(name: string, data: string): Promise<Dump> {
  return saidDump(name, data, CATALOGUE, LEVELS);
}

/** A dump without fields of its events. */
function without(dumpOfAll: Dump, ...fields: readonly string[]): Dump {
  const events = dumpOfAll.events.map((line) => {
    const event = JSON.parse(line) as Record<string, unknown>;
    return JSON.stringify(Object.fromEntries(Object.entries(event).filter(([name]) => !fields.includes(name))));
  });
  return { ...dumpOfAll, events: events.sort() };
}

/** The CSV file with the columns that its XES file has, under their names, and times as written there. */
async function asWrittenInXes(): Promise<string> {
  const header = ['case:concept:name', 'concept:name', 'org:resource', 'time:timestamp', ...SAME];
  const lines = [header.join(',')];
  const rows = createReadStream(dataSet('helpdesk_italian.csv')).pipe(parse({ columns: true }));
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    const time = row['Complete Timestamp']!.replaceAll('/', '-').replace(' ', 'T').replace('.000', '+00:00');
    const cells = [row['Case ID']!, row['Activity']!, row['Resource']!, time, ...SAME.map((name) => row[name]!)];
    lines.push(cells.map((cell) => `"${cell}"`).join(','));
  }
  const path = join(folder.path, 'renamed.csv');
  writeFileSync(path, lines.join('\n'));
  return path;
}

test.skipIf(dataSetsMissing)(
  `helpdesk_italian as XES gives the tables that it gives as CSV${WHY}`,
  { timeout: 900_000 },
  async () => {
    const xes = dataSet('helpdesk_italian.xes.gz');
    const ofXes = join(folder.path, 'xes');
    await imported(xes, ofXes, ...OF_XES);
    const expected = await dumped('XES', ofXes);
    expect([expected.events.length, expected.cases.length]).toEqual([21_348, 4_580]);
    expect(expected.history.length).toBeGreaterThan(100);
    expect(expected.levels.length).toBeGreaterThan(LEVELS.instants.length);

    await imported(xes, ofXes, ...OF_XES);
    expect(await dumped('XES, twice', ofXes)).toEqual(expected);

    // An id is the hash of a row's columns and texts: here the file is the one of the XES file, only as CSV.
    const renamed = join(folder.path, 'renamed');
    const names = ['--case', 'case:concept:name', '--activity', 'concept:name', '--time', 'time:timestamp'];
    await imported(await asWrittenInXes(), renamed, ...names, ...OF_XES);
    const sameColumns = await dumped('CSV with the names of XES', renamed);
    // The import's id covers the file's name and size.
    expect(without(sameColumns, 'import_id')).toEqual(without(expected, 'import_id'));

    // As published the CSV has other names, another way to write times and a column more, so the ids are others.
    const published = join(folder.path, 'csv');
    const ofCsv = ['--case', 'Case ID', '--activity', 'Activity', '--time', 'Complete Timestamp'];
    const format = ['--format', 'yyyy/MM/dd HH:mm:ss.SSS', '--zone', 'UTC', '--workflow', 'helpdesk'];
    const dimensions = ['--dimension', 'resource=Resource', ...DIMENSIONS];
    await imported(dataSet('helpdesk_italian.csv'), published, ...ofCsv, ...format, ...dimensions);
    const asPublished = await dumped('CSV as published', published);
    expect(without(asPublished, 'import_id', 'id')).toEqual(without(expected, 'import_id', 'id'));
  },
);
