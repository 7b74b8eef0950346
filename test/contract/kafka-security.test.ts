import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readClusterSettings } from '../../services/cli/compose/cluster-settings.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { KafkaGroup } from '../../services/shared/adapters/log/kafka/kafka-group.ts';
import { KafkaLog } from '../../services/shared/adapters/log/kafka/kafka-log.ts';
import { KafkaBroker, kafkaMissing, USER } from '../support/kafka-broker.ts';

const clock = new SystemClock();
const ALL = { recordsMax: 10, bytesMax: 1_000_000 };
let broker: KafkaBroker;
let folder: string;

/** The settings that a process reads from these variables. */
function settingsOf(variables: Readonly<Record<string, string>>): ReturnType<typeof readClusterSettings>['kafka'] {
  const place = { log: `kafka://${broker.secured!.address}`, store: 'http://127.0.0.1:1/takt' };
  const { kafka } = readClusterSettings(place, variables);
  return { ...kafka, requestTimeoutMs: 3_000 };
}

/** What a user with the right password sets. */
function variables(mechanism: string): Record<string, string> {
  return {
    TAKT_KAFKA_CA: join(folder, 'ca.pem'),
    TAKT_KAFKA_SASL: mechanism,
    TAKT_KAFKA_USER: USER.username,
    TAKT_KAFKA_PASSWORD_FILE: join(folder, 'password'),
  };
}

describe.skipIf(kafkaMissing !== false)(
  `Kafka with TLS and passwords${kafkaMissing === false ? '' : `: ${kafkaMissing}`}`,
  () => {
    beforeAll(async () => {
      broker = await KafkaBroker.start({ secured: true });
      folder = mkdtempSync(join(tmpdir(), 'takt-secrets-'));
      writeFileSync(join(folder, 'ca.pem'), broker.secured!.ca);
      writeFileSync(join(folder, 'password'), `${USER.password}\n`);
    });
    afterAll(async () => {
      await broker?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
      '%s over TLS: appends, reads and has places',
      async (mechanism) => {
        const settings = settingsOf(variables(mechanism));
        const log = await KafkaLog.open(settings, clock);
        const topic = `s${randomBytes(4).toString('hex')}`;
        await log.createTopic(topic, 2);
        await log.append([{ topic, partition: 1, key: null, value: Buffer.from(mechanism) }]);
        const [record] = await log.read(topic, 1, 0, ALL);
        expect(Buffer.from(record!.value).toString()).toBe(mechanism);
        const group = new KafkaGroup({ settings, groupId: topic, instance: 'p-1', topics: [topic], clock });
        const places = await new Promise<number>((resolve) => {
          void group.run((assigned) => {
            if (assigned.length > 0) resolve(assigned.length);
          });
        });
        expect(places).toBe(2);
        await group.leave();
        await log.close();
      },
    );

    test('a wrong password is LOG_REFUSED, at once, and is not shown', async () => {
      const wrong = { ...variables('scram-sha-512'), TAKT_KAFKA_PASSWORD: 'wrong-one' };
      delete (wrong as Record<string, string>)['TAKT_KAFKA_PASSWORD_FILE'];
      const error = await KafkaLog.open(settingsOf(wrong), clock).then(
        () => null,
        (reason: Error) => reason,
      );
      expect(error).toMatchObject({ code: 'LOG_REFUSED', retryable: false });
      expect(String(error)).not.toContain('wrong-one');
    });

    test('a certificate that nobody trusts lets nothing through', async () => {
      const { TAKT_KAFKA_CA: _ca, ...untrusting } = variables('plain');
      await expect(KafkaLog.open(settingsOf({ ...untrusting, TAKT_KAFKA_TLS: 'true' }), clock)).rejects.toMatchObject({
        message: expect.stringMatching(/certificate/),
      });
    });
  },
);
