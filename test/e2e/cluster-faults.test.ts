import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalCluster } from '../cluster/local-cluster.ts';
import { linesOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';
import { until } from '../support/takt-process.ts';

const WHY = kafkaMissing === false ? '' : `: skipped, ${kafkaMissing}`;
const BATCH_EVENTS = 50;
const SENDERS = 3;
const PAUSE_MS = 20;
const CATALOGUE = `version: 1
timezone: UTC
workflows:
  line: { activities: [made], dimensions: [station] }
kpis:
  made:
    name: Made
    workflow: line
    measure: { event: made }
    aggregate: count
    window: total
  made_by_station:
    name: Made by station
    workflow: line
    measure: { event: made }
    aggregate: count
    by: [station]
    window: total
`;

let folder: ReturnType<typeof temporaryDirectory>;
let cluster: LocalCluster | null = null;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(async () => {
  await cluster?.stop();
  cluster = null;
  folder.remove();
});

async function started(): Promise<LocalCluster> {
  const catalogue = `${folder.path}/catalogue.yaml`;
  writeFileSync(catalogue, CATALOGUE);
  cluster = await LocalCluster.start({ folder: `${folder.path}/cluster`, catalogue: [catalogue], proxied: true });
  for (const service of ['ingest', 'processor', 'alerter', 'wallboard', 'scheduler'] as const)
    await cluster.run(service);
  await cluster.ready();
  return cluster;
}

/** Sends events until told to stop; each batch again until it is acknowledged. */
class Load {
  readonly acknowledged: string[] = [];
  refused = 0;
  private stopping = false;
  private readonly sending: Promise<unknown>;

  constructor(url: string) {
    this.sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => this.send(url, sender)));
  }

  private async send(url: string, sender: number): Promise<void> {
    for (let batch = 0; !this.stopping; batch++) {
      const ids = Array.from({ length: BATCH_EVENTS }, (_, i) => `${sender}-${batch}-${i}`);
      const time = new Date().toISOString();
      const items = ids.map((id, i) => ({
        case: id,
        activity: 'made',
        time,
        id,
        dimensions: { station: `s${i % 4}` },
      }));
      const body = JSON.stringify(items);
      const headers = { 'content-type': 'application/json' };
      for (;;) {
        const answer = await fetch(`${url}/v1/events?workflow=line`, { method: 'POST', headers, body }).catch(
          () => null,
        );
        await answer?.arrayBuffer();
        if (answer?.status === 202) break;
        this.refused++;
        await sleep(PAUSE_MS * 5);
      }
      this.acknowledged.push(...ids);
      await sleep(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.sending;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until all that was acknowledged is counted, and looks that nothing is missing or twice there. */
async function expectAllCountedOnce(on: LocalCluster, { acknowledged, refused }: Load): Promise<void> {
  const { url } = on.services.get('wallboard')!;
  const ask = async <Row>(sql: string): Promise<Row[]> =>
    (await linesOf(url, sql)).map((line) => JSON.parse(line) as Row);
  const sums = "SELECT kpi, sum(value) AS n FROM kpi_current WHERE kpi LIKE 'made%' GROUP BY kpi ORDER BY kpi";
  await until(async () => {
    const rows = await ask<{ readonly n: number }>(sums);
    return rows.length === 2 && rows.every(({ n }) => n >= acknowledged.length);
  }, 500);
  process.stdout.write(`${acknowledged.length} events acknowledged, ${refused} requests sent again\n`);
  expect(await ask(sums)).toEqual([
    { kpi: 'made', n: acknowledged.length },
    { kpi: 'made_by_station', n: acknowledged.length },
  ]);
  const archived = await ask<{ readonly id: string }>("SELECT id FROM events FINAL WHERE workflow = 'line'");
  expect(archived.map(({ id }) => id).sort()).toEqual(acknowledged.toSorted());
  // Whoever could not go on would have ended, or would say so.
  for (const { process: child } of on.services.values()) expect(child.runs, child.name).toBe(true);
  await on.ready();
}

describe.skipIf(kafkaMissing !== false)(`faults between takt and Kafka${WHY}`, () => {
  test('replies dropped, connections cut, bytes delayed: every event once', { timeout: 300_000 }, async () => {
    const on = await started();
    const { proxy } = on.broker;
    const load = new Load(on.services.get('ingest')!.url);
    await sleep(2_000);
    for (let round = 0; round < 3; round++) {
      // What was asked is done, and nobody hears of it.
      proxy.faults.dropReplies = true;
      await sleep(1_500);
      proxy.cutOnce();
      proxy.faults.dropReplies = false;
      await sleep(2_000);
      proxy.faults.delayMs = 150;
      await sleep(2_000);
      proxy.faults.delayMs = 0;
      proxy.cutOnce();
      await sleep(1_500);
    }
    await load.stop();
    await expectAllCountedOnce(on, load);
  });

  test('the broker killed and started again under load: every event once', { timeout: 300_000 }, async () => {
    const on = await started();
    const load = new Load(on.services.get('ingest')!.url);
    for (let round = 0; round < 2; round++) {
      await sleep(3_000);
      await on.broker.kill();
      await sleep(3_000);
      await on.broker.run();
    }
    await sleep(3_000);
    await load.stop();
    await expectAllCountedOnce(on, load);
  });
});
