import { describe, expect, test } from 'vitest';
import { counted, lineCluster, Load, once, SERVICES, sleep } from '../cluster/line.ts';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { clusterOfTest } from '../support/cluster-of-test.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';

const WHY = kafkaMissing === false ? '' : `: skipped, ${kafkaMissing}`;

const own = clusterOfTest();

function say({ acknowledged, refused }: Load): void {
  process.stdout.write(`${acknowledged.length} events acknowledged, ${refused} requests sent again\n`);
}

/** Whoever could not go on has ended, or says that it is not ready. */
async function whoGoesOn(on: LocalCluster): Promise<string[]> {
  await on.ready();
  return [...on.services.values()].filter(({ process: child }) => child.runs).map(({ process: child }) => child.name);
}

describe.skipIf(kafkaMissing !== false)(`faults between takt and Kafka${WHY}`, () => {
  test('replies dropped, connections cut, bytes delayed: every event once', { timeout: 300_000 }, async () => {
    const on = (own.cluster = await lineCluster(own.folder, { proxied: true }));
    const { proxy } = on.broker;
    const load = new Load(on.services.get('ingest')!.url, 'e');
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
    say(load);
    expect(await counted(on, load.acknowledged)).toEqual(once(load.acknowledged));
    expect(await whoGoesOn(on)).toEqual(SERVICES);
  });

  test('the broker killed and started again under load: every event once', { timeout: 300_000 }, async () => {
    const on = (own.cluster = await lineCluster(own.folder));
    const load = new Load(on.services.get('ingest')!.url, 'e');
    for (let round = 0; round < 2; round++) {
      await sleep(3_000);
      await on.broker.kill();
      await sleep(3_000);
      await on.broker.run();
    }
    await sleep(3_000);
    await load.stop();
    say(load);
    expect(await counted(on, load.acknowledged)).toEqual(once(load.acknowledged));
    expect(await whoGoesOn(on)).toEqual(SERVICES);
  });
});
