import { writeFileSync } from 'node:fs';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { counted, lineCluster, once, SERVICES } from '../cluster/line.ts';
import { clusterOfTest } from '../support/cluster-of-test.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';
import { Mosquitto, mosquittoMissing } from '../support/mosquitto.ts';
import { getJson, until } from '../support/takt-process.ts';

const missing = kafkaMissing === false ? mosquittoMissing : kafkaMissing;
const WHY = missing === false ? '' : `: skipped, ${missing}`;
const EVENTS = 3_000;

const own = clusterOfTest();
let mosquitto: Mosquitto | null = null;
let station: MqttClient | null = null;
afterEach(async () => {
  station?.end(true);
  await mosquitto?.remove();
  [mosquitto, station] = [null, null];
});

interface Status {
  readonly sources: readonly { readonly connected: boolean }[];
}

describe.skipIf(missing !== false)(`events of an MQTT broker in a cluster${WHY}`, () => {
  test(
    'ingest killed, and Kafka away for a while: each event counts once, and the wallboard tells of the broker',
    { timeout: 300_000 },
    async () => {
      mosquitto = await Mosquitto.start();
      const on = (own.cluster = await lineCluster(own.folder, { run: false }));
      const file = `${own.folder}/mqtt.yaml`;
      writeFileSync(file, `broker: ${mosquitto.url}\nsources: [{ topic: "line/{station}", workflow: line }]\n`);
      const args = ['--mqtt', file];
      for (const service of SERVICES) await on.run(service, service, service === 'ingest' ? args : []);
      await on.ready();
      const { url } = on.services.get('wallboard')!;
      const isConnected = async (): Promise<boolean> =>
        ((await getJson(`${url}/v1/status`)) as Status).sources[0]?.connected === true;
      await until(isConnected);
      station = await connectAsync(mosquitto.url, { protocolVersion: 5, clientId: 'station' });
      const ids: string[] = [];
      const send = async (upTo: number): Promise<void> => {
        while (ids.length < upTo) {
          const id = `e${ids.length}`;
          ids.push(id);
          const event = { case: id, activity: 'made', time: new Date().toISOString(), id };
          await station!.publishAsync(`line/s${ids.length % 4}`, JSON.stringify(event), { qos: 1 });
        }
      };
      await send(EVENTS / 4);
      await on.services.get('ingest')!.process.end('SIGKILL');
      await send(EVENTS / 2);
      await on.run('ingest', 'ingest', args);
      await on.broker.kill();
      await send(EVENTS);
      await on.broker.run();
      expect(await counted(on, ids)).toEqual(once(ids));
      await until(isConnected);
    },
  );
});
