import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../services/shared/adapters/log/kafka/kafka-log.ts';
import { KAFKA_DEFAULTS } from '../../services/shared/adapters/log/kafka/kafka-settings.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';

const LIMITS = { recordsMax: 5_000, bytesMax: 8 * 1024 * 1024 };

/** What a reader of [values] was told, from its start to its end. */
export interface ValuesOrder {
  readonly values: number;
  /** Values whose version is below one of the same window that came before: a late writer's, which readers leave out. */
  readonly older: number;
  /** By window the highest version, as `definition labels windowEndMs version`; sorted. */
  readonly latest: readonly string[];
}

/** Reads all of [values] and looks at the versions of each window, in the order in which they came. */
export async function valuesOrder(brokers: string): Promise<ValuesOrder> {
  const log = await KafkaLog.open({ ...KAFKA_DEFAULTS, brokers: [brokers], clientId: 'takt-test' }, new SystemClock());
  const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
  const latest = new Map<string, bigint>();
  let [values, older] = [0, 0];
  const { partitions } = (await log.describeTopic(VALUES_TOPIC))!;
  for (let partition = 0; partition < partitions; partition++) {
    const end = await log.endOffset(VALUES_TOPIC, partition);
    for (let offset = 0; offset < end;) {
      for (const record of await log.read(VALUES_TOPIC, partition, offset, LIMITS)) {
        offset = record.offset + 1;
        const message = codec.decode(record.value);
        if (message.type !== 'value') continue;
        const key = `${message.definition} ${message.labels} ${message.windowEndMs}`;
        const before = latest.get(key);
        values++;
        if (before !== undefined && message.version < before) older++;
        else latest.set(key, message.version);
      }
    }
  }
  await log.close();
  return { values, older, latest: [...latest].map(([key, version]) => `${key} ${version}`).sort() };
}
