import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { mountSmallDisk, type SmallDisk, smallDiskMissing } from '../support/small-disk.ts';
import { launch, type Outcome, startServer, takt } from '../support/takt-process.ts';

const CATALOGUE = `version: 1
workflows: { desk: { activities: [opened, closed] } }
kpis:
  n: { name: N, workflow: desk, measure: { event: opened }, aggregate: count, window: total }
`;
const GOOD = 'id,what,at\n1,opened,2024-01-01T00:00:00Z\n2,opened,2024-01-02T00:00:00Z\n';
const FLAGS = ['--workflow', 'desk', '--case', 'id', '--activity', 'what', '--time', 'at', '--format', 'iso'];
const STDERR_LINES_MAX = 5;
/** More than the small disk holds. */
const ROWS = 40_000;

let folder: ReturnType<typeof temporaryDirectory>;
let data: string;
let disk: SmallDisk | null = null;

beforeEach(() => {
  folder = temporaryDirectory();
  data = join(folder.path, 'data');
  file('catalogue.yaml', CATALOGUE);
  file('good.csv', GOOD);
});
afterEach(() => {
  disk?.remove();
  disk = null;
  folder.remove();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

function run(command: string, ...args: readonly string[]): Promise<Outcome> {
  return takt([command, ...args, '--data', data, '--catalogue', join(folder.path, 'catalogue.yaml')]);
}

function importFile(name: string, ...more: readonly string[]): Promise<Outcome> {
  return run('import', join(folder.path, name), ...FLAGS, ...more);
}

/** What is wrong with how a command ended: its exit code, what it did not say, more lines than five, a stack trace. */
function flaws({ code, stderr }: Outcome, exit: number, ...says: readonly RegExp[]): string[] {
  // Of the progress that goes before, a slow machine shows more.
  const said = stderr.replaceAll(/^(importing .*|\d+%: .*)\n/gm, '');
  const lines = said.trimEnd().split('\n').length;
  return [
    ...(code === exit ? [] : [`ended with ${code}, not ${exit}: ${stderr}`]),
    ...says.filter((text) => !text.test(stderr)).map((text) => `does not say ${text}: ${stderr}`),
    ...(lines <= STDERR_LINES_MAX ? [] : [`${lines} lines: ${stderr}`]),
    ...(/^\s+at .+:\d+:\d+/m.test(stderr) ? [`a stack trace: ${stderr}`] : []),
  ];
}

/** What is wrong with importing the good file now and reading its KPI. */
async function flawsAfterwards(): Promise<string[]> {
  const wrong = flaws(await importFile('good.csv'), 0);
  const { stdout } = await run('query', 'SELECT value FROM kpi_current', '--format', 'TSV');
  return stdout === '2\n' ? wrong : [...wrong, `the KPI is ${stdout}`];
}

interface Mistake {
  readonly name: string;
  readonly exit: number;
  readonly says: readonly RegExp[];
  readonly make: () => Promise<Outcome>;
}

/** Mistakes that are found before anything is written: no data directory is made. */
const BEFORE_WRITING: readonly Mistake[] = [
  {
    name: 'a wrong encoding',
    exit: 2,
    says: [/not UTF-8: byte 15 \(0xe9\), line 2/, /--encoding latin1/],
    make: () => {
      file('bad.csv', Buffer.from('id,what,at\n1,op\xe9ned,2024-01-01T00:00:00Z\n', 'latin1'));
      return importFile('bad.csv');
    },
  },
  {
    name: 'an unknown column in a mapping file',
    exit: 2,
    says: [/mapping\.yaml:4:15: the file has no column 'wat', did you mean 'what'\?/, /columns: id, what, at/],
    make: () => {
      const mapping = file(
        'mapping.yaml',
        'workflow: desk\ncase: [id]\nevents:\n  - activity: { column: wat }\n    time: { column: at, formats: [iso] }\n',
      );
      return run('import', join(folder.path, 'good.csv'), '--mapping', mapping);
    },
  },
  {
    name: 'an unknown column in a flag',
    exit: 2,
    says: [/--case: the file has no column 'nope'/],
    make: () => importFile('good.csv', '--case', 'nope'),
  },
  {
    name: 'a file that is not there',
    exit: 2,
    says: [/missing\.csv cannot be read/, /Check the path/],
    make: () => importFile('missing.csv'),
  },
  {
    name: 'an XES log that is cut off',
    exit: 2,
    says: [/log\.xes:3: the file is cut off: <trace> of line 2 is not closed/],
    make: () => {
      const path = file('log.xes', '<log>\n<trace>\n<event/>');
      return run('import', path, '--workflow', 'desk');
    },
  },
  {
    name: 'an XES log whose times have no zone',
    exit: 2,
    says: [/log\.xes:1: 'time:timestamp' has no time zone: "2024-01-01T00:00:00"/, /--zone/],
    make: () => {
      const event =
        '<string key="concept:name" value="opened"/><date key="time:timestamp" value="2024-01-01T00:00:00"/>';
      const trace = `<trace><string key="concept:name" value="1"/><event>${event}</event></trace>`;
      return run('import', file('log.xes', `<log>${trace}</log>`), '--workflow', 'desk');
    },
  },
  {
    name: 'a catalogue with a typo',
    exit: 2,
    says: [/catalogue\.yaml:4:\d+: unknown key 'aggregat' in kpis\.n, did you mean 'aggregate'\?/],
    make: () => {
      file('catalogue.yaml', CATALOGUE.replace('aggregate', 'aggregat'));
      return run('start', '--port', '0');
    },
  },
  {
    name: 'an address that would serve others without a key',
    exit: 2,
    says: [/takt key/],
    make: () => run('start', '--host', '0.0.0.0', '--port', '0'),
  },
  { name: 'an unknown command', exit: 2, says: [/unknown command 'strat'/], make: () => takt(['strat']) },
  { name: 'a wrong flag', exit: 2, says: [/--port/, /0 to 65535/], make: () => run('start', '--port', '99999') },
  {
    name: 'a folder of mappings that is not there',
    exit: 2,
    says: [/--mappings nowhere cannot be read/],
    make: () => run('start', '--port', '0', '--mappings', 'nowhere'),
  },
  {
    name: 'a hash that is none',
    exit: 2,
    says: [/64 hex digits/],
    make: () => takt(['start', '--port', '0', '--data', data], { TAKT_API_KEY_HASH: 'secret' }),
  },
  ...['status', 'query'].map((command) => ({
    name: `takt ${command} where there is no data`,
    exit: 2,
    says: [/data holds no data of takt/, /--data DIR/],
    make: () => run(command, ...(command === 'query' ? ['SELECT 1'] : [])),
  })),
];

test.each(BEFORE_WRITING)('$name: exit $exit, and nothing is written', async ({ exit, says, make }) => {
  expect(flaws(await make(), exit, ...says)).toEqual([]);
  expect(existsSync(data)).toBe(false);
});

test('a reader of the output that leaves early is no error', async () => {
  const { child, ended } = launch(['lint', join(folder.path, 'catalogue.yaml')]);
  child.stdout!.destroy();
  expect(flaws(await ended, 0)).toEqual([]);
});

test('a bad line: the others count, it is a dead letter with its reason and bytes; mended, it counts once', async () => {
  const bad = `${GOOD}3,opened\n4,"opened,2024-01-01T00:00:00Z\n`;
  file('bad.csv', bad);
  const outcome = await importFile('bad.csv');
  expect(flaws(outcome, 0)).toEqual([]);
  expect(outcome.stdout).toContain('line 4: the row has 2 cells; allowed: 3, as the header has');
  expect(outcome.stdout).toContain('line 5: the quote that opens cell 2 is never closed');
  const letters = await run('query', 'SELECT raw FROM dead_letters FINAL ORDER BY reason', '--format', 'JSONEachRow');
  expect(
    letters.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { raw: string }).raw),
  ).toEqual(['3,opened', '4,"opened,2024-01-01T00:00:00Z']);
  expect(await flawsAfterwards()).toEqual([]);
});

test('a workflow that the catalogue lacks', async () => {
  expect(flaws(await importFile('good.csv', '--workflow', 'desc'), 2, /no workflow "desc"; it has desk/)).toEqual([]);
  expect(await flawsAfterwards()).toEqual([]);
});

test('a port in use', async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
  );
  expect(flaws(await run('start', '--port', String(port)), 3, /port \d+ of 127.0.0.1 is in use/, /--port/)).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
  expect(await flawsAfterwards()).toEqual([]);
});

test('a data directory that another process has', async () => {
  const server = await startServer(data, ['--catalogue', join(folder.path, 'catalogue.yaml')]);
  expect(flaws(await run('start', '--port', '0'), 3, /is in use by another process \(\d+\)/, /--data DIR/)).toEqual([]);
  await server.stop();
  expect(await flawsAfterwards()).toEqual([]);
});

test('a data directory of an unknown version is left as it is', async () => {
  mkdirSync(data);
  writeFileSync(join(data, 'FORMAT'), '9\n');
  expect(flaws(await run('start', '--port', '0'), 3, /has data format "9"; this takt reads format 2/)).toEqual([]);
  expect(readdirSync(data)).toEqual(['FORMAT']);
  expect(readFileSync(join(data, 'FORMAT'), 'utf8')).toBe('9\n');
});

describe.skipIf(smallDiskMissing)(`disks${smallDiskMissing === false ? '' : `: skipped, ${smallDiskMissing}`}`, () => {
  test(
    'a full disk: what was accepted is kept, and with space the same import ends right',
    { timeout: 300_000 },
    async () => {
      disk = mountSmallDisk(data, 24);
      // Long names of cases, which do not compress: the log fills the disk with few of them.
      const caseId = (i: number) => createHash('sha512').update(String(i)).digest('hex').repeat(3);
      const rows = Array.from({ length: ROWS }, (_, i) => `${caseId(i)},opened,2024-01-01T00:00:00Z`);
      file('large.csv', `id,what,at\n${rows.join('\n')}\n`);
      expect(flaws(await importFile('large.csv'), 3, /no space left|disk is full/, /Free some space/)).toEqual([]);
      disk.grow(2_000);
      expect(flaws(await importFile('large.csv'), 0)).toEqual([]);
      const { stdout } = await run('query', 'SELECT value FROM kpi_current', '--format', 'TSV');
      expect(stdout).toBe(`${ROWS}\n`);
    },
  );

  test.each(['start', 'import'] as const)('a read-only disk: takt %s', async (command) => {
    disk = mountSmallDisk(data, 24);
    disk.makeReadOnly();
    const outcome = command === 'start' ? run('start', '--port', '0') : importFile('good.csv');
    expect(flaws(await outcome, 3, /cannot be written \(EROFS\)/, /--data DIR/)).toEqual([]);
    expect(readdirSync(data)).toEqual([]);
  });

  test('a disk that becomes read-only under existing data', async () => {
    disk = mountSmallDisk(data, 200);
    expect(await flawsAfterwards()).toEqual([]);
    disk.makeReadOnly();
    expect(flaws(await importFile('good.csv'), 3, /cannot be written \(EROFS\)/)).toEqual([]);
  });
});

/** Each is a process of its own, so all of them only under CI; the store's contract has what it refuses. */
const WRITES = [
  "INSERT INTO events (case_id) VALUES ('x')",
  'DROP TABLE events',
  'ALTER TABLE events DELETE WHERE 1',
  'TRUNCATE TABLE events',
  "SELECT 1 INTO OUTFILE 'stolen.csv'",
  "SELECT * FROM file('/etc/passwd', 'LineAsString')",
  'WITH 1 AS x INSERT INTO events SELECT x',
  'SELECT 1; DROP TABLE events',
];

test('a query that writes: refused, and nothing is written', { timeout: 120_000 }, async () => {
  expect(await flawsAfterwards()).toEqual([]);
  const before = await run('query', "SELECT count() FROM events WHERE workflow != 'takt'", '--format', 'TSV');
  const server = await startServer(data, ['--catalogue', join(folder.path, 'catalogue.yaml')]);
  for (const sql of process.env['CI'] === 'true' ? WRITES : WRITES.slice(-2)) {
    const { code, stderr, stdout } = await run('query', sql);
    expect([sql, code, stdout]).toEqual([sql, 2, '']);
    expect(flaws({ code, stderr, stdout }, 2, /QUERY_(NOT_READ_ONLY|FAILED)/)).toEqual([]);
  }
  await server.stop();
  expect(flaws(await run('query', WRITES[0]!), 2, /takt query only reads/)).toEqual([]);
  expect((await run('query', "SELECT count() FROM events WHERE workflow != 'takt'", '--format', 'TSV')).stdout).toBe(
    before.stdout,
  );
  expect(existsSync('stolen.csv')).toBe(false);
});
