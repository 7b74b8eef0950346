import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../simulation/random.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { type Dump, saidDump } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { launch, startServer, statusOf, takt, until } from '../support/takt-process.ts';

const CATALOGUE = ['--catalogue', 'test/catalogues/identity.yaml'];
const MAPPING = ['--mapping', 'test/catalogues/helpdesk_italian.mapping.yaml'];
const FILE = 'helpdesk_italian.csv';
const LEVELS = { kpi: 'open', instants: ['2012-01-01', '2012-06-01', '2013-01-01', '2013-07-01', '2014-01-01'] };
const SHUFFLES = process.env['CI'] === 'true' ? 12 : 2;
const INTERRUPTIONS = process.env['CI'] === 'true' ? 4 : 1;
/** How long an importer runs between two looks at the log. */
const STEP_MS = 15;
const WHY = dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`;

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

function importArgs(file: string, data: string): string[] {
  return ['import', file, ...MAPPING, ...CATALOGUE, '--data', data];
}

async function imported(file: string, data: string): Promise<void> {
  const { code, stderr } = await takt(importArgs(file, data));
  expect(stderr.split('\n').filter((line) => line.includes('takt:'))).toEqual([]);
  expect(code).toBe(0);
}

function dumped(name: string, data: string): Promise<Dump> {
  return saidDump(name, data, CATALOGUE, LEVELS);
}

/** The file with its rows in another order, under the same name. */
function shuffled(seed: number): string {
  const [header, ...rows] = readFileSync(dataSet(FILE), 'utf8').trimEnd().split('\n');
  const random = new Random(seed);
  for (let i = rows.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  const path = join(folder.path, `shuffled-${seed}`, FILE);
  mkdirSync(join(folder.path, `shuffled-${seed}`));
  writeFileSync(path, `${header}\n${rows.join('\n')}\n`);
  return path;
}

/** An import into a running takt, killed as soon as so many records are in the log; gives how many were then. */
async function interrupted(data: string, records: number): Promise<number> {
  const server = await startServer(data, CATALOGUE);
  const inLog = async (): Promise<number> => {
    const tasks = (await statusOf(server.url)).filter(({ stage }) => stage === 'aggregate');
    return tasks.reduce((sum, { endOffset }) => sum + endOffset, 0);
  };
  const { child, ended } = launch(importArgs(dataSet(FILE), data));
  await until(async () => {
    // It stands still while the log is looked at: a slow answer does not let it run to its end.
    child.kill('SIGSTOP');
    if ((await inLog()) >= records) return true;
    child.kill('SIGCONT');
    return false;
  }, STEP_MS);
  child.kill('SIGKILL');
  expect((await ended).code).toBeNull();
  const reached = await inLog();
  await server.stop();
  expect(reached).toBeLessThan(21_348);
  return reached;
}

test.skipIf(dataSetsMissing)(
  `a file imported twice, shuffled or interrupted and run again gives what one import gives${WHY}`,
  { timeout: 900_000 },
  async () => {
    const once = join(folder.path, 'once');
    await imported(dataSet(FILE), once);
    const expected = await dumped('once', once);
    expect([expected.events.length, expected.cases.length]).toEqual([21_348, 4_580]);
    expect(expected.history.length).toBeGreaterThan(100);
    expect(expected.levels.length).toBeGreaterThan(LEVELS.instants.length);

    await imported(dataSet(FILE), once);
    expect(await dumped('twice', once)).toEqual(expected);

    for (let seed = 1; seed <= SHUFFLES; seed++) {
      const data = join(folder.path, `data-${seed}`);
      await imported(shuffled(seed), data);
      expect(await dumped(`shuffled with seed ${seed}`, data)).toEqual(expected);
    }

    for (let i = 1; i <= INTERRUPTIONS; i++) {
      const data = join(folder.path, `interrupted-${i}`);
      const reached = await interrupted(data, (16_000 * i) / (INTERRUPTIONS + 1));
      await imported(dataSet(FILE), data);
      expect(await dumped(`interrupted with ${reached} records in the log`, data)).toEqual(expected);
    }
  },
);
