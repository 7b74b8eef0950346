import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sleep } from '../cluster/line.ts';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { valuesOrder } from '../cluster/values-order.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { atRest, type Dump, dump, dumpOf, type LevelQuestions, linesOf, summaryOf } from '../support/dump.ts';
import { clusterOfTest } from '../support/cluster-of-test.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';
import { takt } from '../support/takt-process.ts';

const missing = kafkaMissing === false ? dataSetsMissing : kafkaMissing;
const WHY = missing === false ? '' : `: skipped, ${missing}`;
const PARTITIONS = 12;
/** As `valuesOrder` has them. */
const VERSIONS =
  "SELECT concat(definition, ' ', labels, ' ', toString(window_end_ms), ' ', toString(version)) AS key FROM `values` FINAL";
const PROCESSORS = ['processor-1', 'processor-2'] as const;

/** Files of the same kind, with the catalogue and mapping they are read with. */
interface Subject {
  readonly files: readonly string[];
  readonly catalogue: string;
  readonly mapping: string;
  readonly levels: LevelQuestions;
}

const HELPDESK: Subject = {
  files: ['helpdesk_italian.csv'].map(dataSet),
  catalogue: 'test/catalogues/identity.yaml',
  mapping: 'test/catalogues/helpdesk_italian.mapping.yaml',
  levels: { kpi: 'open', instants: ['2012-01-01', '2012-06-01', '2013-01-01', '2013-07-01', '2014-01-01'] },
};
const DASCEN: Subject = {
  files: [1, 2, 3, 4, 5, 6].map((n) => dataSet(`dascen/scenario_0${n}_clean.csv`)),
  catalogue: 'test/catalogues/dascen.yaml',
  mapping: 'test/catalogues/dascen.mapping.yaml',
  levels: { kpi: '', instants: [] },
};

const own = clusterOfTest();

/** What one process on the embedded log and store makes of it. */
async function standalone({ files, catalogue, mapping, levels }: Subject): Promise<Dump> {
  const data = `${own.folder}/standalone`;
  for (const file of files) {
    const args = ['import', file, '--mapping', mapping, '--catalogue', catalogue, '--data', data];
    const { code, stderr } = await takt(args);
    expect(code, stderr).toBe(0);
  }
  return dump(data, ['--catalogue', catalogue], levels);
}

async function started({ catalogue }: Subject): Promise<LocalCluster> {
  own.cluster = await LocalCluster.start({
    folder: `${own.folder}/cluster`,
    catalogue: [catalogue],
    partitions: PARTITIONS,
  });
  await Promise.all([
    own.cluster.run('ingest'),
    ...PROCESSORS.map((name) => own.cluster!.run('processor', name)),
    own.cluster.run('alerter'),
    own.cluster.run('wallboard'),
  ]);
  await own.cluster.ready();
  return own.cluster;
}

/** Imports the files one after the other; waits for what comes of the last one. */
async function imported({ files, mapping }: Subject, on: LocalCluster, pauseMs = 0): Promise<void> {
  const { url } = on.services.get('ingest')!;
  for (const file of files) {
    const wait = file === files.at(-1) ? [] : ['--no-wait'];
    const { code, stderr } = await takt(['import', file, '--mapping', mapping, '--url', url, ...wait]);
    expect(code, stderr).toBe(0);
    await sleep(pauseMs);
  }
}

/** The helpdesk's rows in so many files. */
function chunks(count: number): Subject {
  const [header, ...rows] = readFileSync(HELPDESK.files[0]!, 'utf8').trimEnd().split('\n');
  const size = Math.ceil(rows.length / count);
  const files = Array.from({ length: count }, (_, i) => {
    const path = `${own.folder}/chunk-${i}.csv`;
    writeFileSync(path, `${header}\n${rows.slice(i * size, (i + 1) * size).join('\n')}\n`);
    return path;
  });
  return { ...HELPDESK, files };
}

async function dumped({ levels }: Subject, on: LocalCluster): Promise<Dump> {
  const { url } = on.services.get('wallboard')!;
  await atRest(url);
  return dumpOf(url, levels);
}

function say(name: string, result: Dump): Dump {
  process.stdout.write(`${name}: ${summaryOf(result)}\n`);
  return result;
}

/** What a cluster, at rest, has, and a reader of [values] for whom the highest version counts; and what they should have. */
async function compared(
  subject: Subject,
  on: LocalCluster,
): Promise<{ readonly is: unknown; readonly should: unknown }> {
  const result = say('cluster', await dumped(subject, on));
  // One that has just got its places back may still have values to say again, which is between the two looks.
  for (const name of PROCESSORS) await on.services.get(name)!.process.end('SIGTERM');
  const { values, older, latest } = await valuesOrder(on.broker.address);
  process.stdout.write(`[values]: ${values} values, ${older} of a version below one before\n`);
  const stored = await linesOf(on.services.get('wallboard')!.url, VERSIONS);
  await on.stop();
  own.cluster = null;
  return {
    is: { result, latest },
    should: {
      result: say('standalone', await standalone(subject)),
      latest: stored.map((line) => (JSON.parse(line) as { readonly key: string }).key).sort(),
    },
  };
}

describe.skipIf(missing !== false)(`a cluster on real Kafka${WHY}`, () => {
  test.each([
    ['helpdesk_italian', HELPDESK],
    ['dascen', DASCEN],
  ])(
    '%s: two processors and twelve partitions give what one process gives',
    { timeout: 300_000 },
    async (_, subject) => {
      const on = await started(subject);
      await imported(subject, on);
      const { is, should } = await compared(subject, on);
      expect(is).toEqual(should);
    },
  );

  test('a processor killed in mid-catch-up, and started again', { timeout: 300_000 }, async () => {
    const subject = chunks(5);
    const on = await started(subject);
    const importing = imported(subject, on, 500);
    for (let round = 0; round < 2; round++) {
      await sleep(2_500);
      await on.services.get(PROCESSORS[round]!)!.process.end('SIGKILL');
      await sleep(2_000);
      await on.run('processor', PROCESSORS[round]!);
    }
    await importing;
    const { is, should } = await compared(subject, on);
    expect(is).toEqual(should);
  });

  test(
    'a processor paused for a minute and woken, while a third one comes and goes',
    { timeout: 400_000 },
    async () => {
      const subject = chunks(12);
      const on = await started(subject);
      const importing = imported(subject, on, 4_000);
      const paused = on.services.get(PROCESSORS[0])!.process;
      await sleep(3_000);
      paused.signal('SIGSTOP');
      for (let round = 0; round < 3; round++) {
        await on.run('processor', 'processor-3');
        await sleep(10_000);
        await on.services.get('processor-3')!.process.end('SIGTERM');
        await sleep(10_000);
      }
      paused.signal('SIGCONT');
      await importing;
      const { is, should } = await compared(subject, on);
      expect(is).toEqual(should);
    },
  );
});
