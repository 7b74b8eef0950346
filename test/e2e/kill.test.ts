import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../simulation/random.ts';
import { type Offsets, offsetsOf } from '../support/data-offsets.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { dump, summaryOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { eventOf, KillClient } from '../support/kill-client.ts';
import { launch, type Running, type Server, startServer, statusOf, takt, until } from '../support/takt-process.ts';

const CATALOGUE = ['--catalogue', 'test/catalogues/identity.yaml'];
const FILE = dataSet('helpdesk_italian.csv');
const LEVELS = { kpi: 'open', instants: ['2012-01-01', '2012-06-01', '2013-01-01', '2013-07-01', '2014-01-01'] };
const KILLS = process.env['CI'] === 'true' ? 30 : 6;
const TARGETS = ['server', 'importer', 'both'] as const;
const TOPIC = 'events.helpdesk';
const PARTITIONS = 1;
const SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);
const WHY = dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`;

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

/** Starts an importer and waits until it has found the takt that runs: else it would open the directory itself. */
async function importer(data: string): Promise<Running> {
  const mapping = 'test/catalogues/helpdesk_italian.mapping.yaml';
  const running = launch(['import', FILE, '--mapping', mapping, ...CATALOGUE, '--data', data]);
  await new Promise<void>((resolve, reject) => {
    running.child.stderr!.on('data', (text: Buffer) => {
      if (text.includes('into takt at')) resolve();
    });
    void running.ended.then(({ stderr }) => reject(new Error(`the importer ended: ${stderr}`)));
  });
  return running;
}

/** Whether records of the log, all of them acknowledged, are ahead of the stored positions. */
async function ahead(url: string): Promise<boolean> {
  const tasks = await statusOf(url);
  return tasks.some(({ stage, endOffset, storedOffset }) => stage === 'aggregate' && endOffset - 1 > storedOffset);
}

interface Line {
  readonly data: string;
  readonly server: Server;
  readonly running: Running;
  readonly client: KillClient;
}

/** Kills what is to be killed; gives how far log and store were: of a dead server as they are on disk. */
async function killed(target: (typeof TARGETS)[number], { data, server, running, client }: Line): Promise<Offsets> {
  if (target !== 'server') running.child.kill('SIGKILL');
  if (target !== 'importer') {
    await server.kill();
    client.aim(null);
    return offsetsOf(data, TOPIC, PARTITIONS);
  }
  const tasks = (await statusOf(server.url)).filter(({ stage }) => stage === 'aggregate');
  return { end: tasks.map(({ endOffset }) => endOffset), stored: tasks.map(({ storedOffset }) => storedOffset) };
}

test.skipIf(dataSetsMissing)(
  `SIGKILL ${KILLS} times, of the server, the importer and both: nothing that was accepted is lost or counts twice${WHY}`,
  { timeout: 1_200_000 },
  async () => {
    const data = join(folder.path, 'killed');
    const random = new Random(SEED);
    const client = new KillClient();
    let server: Server = await startServer(data, CATALOGUE);
    client.aim(server.url);
    let running = await importer(data);
    let kills = 0;
    for (let attempt = 1; kills < KILLS && attempt <= 2 * KILLS; attempt++) {
      const target = TARGETS[attempt % TARGETS.length]!;
      await new Promise((resolve) => setTimeout(resolve, random.below(900)));
      await until(() => ahead(server.url));
      const offsets = await killed(target, { data, server, running, client });
      // A store that ended in this very moment makes it a kill like any other: it does not count.
      if (offsets.end.some((offset, partition) => offset - 1 > offsets.stored[partition]!)) kills++;
      process.stdout.write(
        `kill ${kills}, ${target}: log ends ${offsets.end.join(' ')}, stored ${offsets.stored.join(' ')}\n`,
      );
      await running.ended;
      if (target !== 'importer') server = await startServer(data, CATALOGUE);
      client.aim(server.url);
      // Each kill finds an importer that began after the one before.
      running = await importer(data);
    }
    expect(kills).toBe(KILLS);
    await client.finish();
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    await server.stop();
    const result = await dump(data, CATALOGUE, LEVELS);
    process.stdout.write(`killed: ${summaryOf(result)}; ${client.accepted.size} ids accepted\n`);

    const inEvents = new Map<string, number>();
    for (const line of result.events) {
      const { id } = JSON.parse(line) as { id: string };
      inEvents.set(id, (inEvents.get(id) ?? 0) + 1);
    }
    expect([...client.accepted].filter((id) => inEvents.get(id) !== 1)).toEqual([]);

    const plain = join(folder.path, 'plain');
    const undisturbed = await startServer(plain, CATALOGUE);
    for (let i = 0; i < client.made; i += 1_000) {
      const events = Array.from({ length: Math.min(1_000, client.made - i) }, (_, j) => eventOf(i + j));
      const response = await fetch(`${undisturbed.url}/v1/events?workflow=helpdesk`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(events),
      });
      expect(response.status).toBe(202);
    }
    await undisturbed.stop();
    const mapping = 'test/catalogues/helpdesk_italian.mapping.yaml';
    expect((await takt(['import', FILE, '--mapping', mapping, ...CATALOGUE, '--data', plain])).code).toBe(0);
    const expected = await dump(plain, CATALOGUE, LEVELS);
    process.stdout.write(`undisturbed: ${summaryOf(expected)}\n`);
    expect(result).toEqual(expected);
  },
);
