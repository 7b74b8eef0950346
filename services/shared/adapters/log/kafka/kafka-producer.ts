import type { Kafka, Producer, TopicMessages } from 'kafkajs';
import type { AppendRecord } from '../../../ports/event-log.ts';

/** Most bytes of one partition in a request: they are one batch there, which the topic's max.message.bytes admits. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
/** Most bytes in a request; brokers take 100 MB. */
const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
/** Of a record within a batch, at most. */
const RECORD_OVERHEAD_BYTES = 40;

/** What goes out in one request: records with where they stand in the append. */
type Round = { readonly record: AppendRecord; readonly index: number }[];

/**
 * Writes records with kafkajs. The caller sends one thing at a time, and after any error the producer is thrown away:
 * kafkajs retries nothing here, because what it sent may be in the log (reliability of kafkajs: issues 1005, 1275).
 */
export class KafkaProducer {
  private readonly kafka: Kafka;
  private producer: Promise<Producer> | null = null;

  constructor(kafka: Kafka) {
    this.kafka = kafka;
  }

  /** Resolves with the records' offsets once all in-sync replicas have them. Rejects with what kafkajs throws. */
  async send(records: readonly AppendRecord[]): Promise<number[]> {
    const offsets: number[] = Array.from({ length: records.length });
    for (const round of roundsOf(records)) await this.sendRound(round, offsets);
    return offsets;
  }

  private async sendRound(round: Round, offsets: number[]): Promise<void> {
    this.producer ??= this.connect();
    try {
      const producer = await this.producer;
      const answers = await producer.sendBatch({ acks: -1, topicMessages: messagesOf(round) });
      const next = new Map<string, number>();
      for (const { topicName, partition, errorCode, baseOffset } of answers) {
        if (errorCode !== 0 || baseOffset === undefined)
          throw new Error(`${topicName}/${partition}: error ${errorCode}`);
        next.set(`${topicName}/${partition}`, Number(baseOffset));
      }
      for (const { record, index } of round) {
        const place = `${record.topic}/${record.partition}`;
        const offset = next.get(place);
        if (offset === undefined) throw new Error(`${place}: the brokers told no offset`);
        offsets[index] = offset;
        next.set(place, offset + 1);
      }
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      retry: { retries: 0 },
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      // Always as the caller says: a partition that is chosen anew when something is sent again would move a case.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition!,
    });
    await producer.connect();
    return producer;
  }

  private discard(): void {
    const old = this.producer;
    this.producer = null;
    void old?.then((producer) => producer.disconnect()).catch(() => {});
  }

  async close(): Promise<void> {
    const last = this.producer;
    this.producer = null;
    await last?.then((producer) => producer.disconnect()).catch(() => {});
  }
}

/** In their order, as many per request as its limits admit. */
function roundsOf(records: readonly AppendRecord[]): Round[] {
  const rounds: Round[] = [[]];
  let requestBytes = 0;
  let batchBytes = new Map<string, number>();
  records.forEach((record, index) => {
    const bytes = (record.key?.length ?? 0) + record.value.length + RECORD_OVERHEAD_BYTES;
    const place = `${record.topic}/${record.partition}`;
    const before = batchBytes.get(place) ?? 0;
    const full = before > 0 && before + bytes > BATCH_BYTES_MAX;
    if (full || (requestBytes > 0 && requestBytes + bytes > REQUEST_BYTES_MAX)) {
      rounds.push([]);
      requestBytes = 0;
      batchBytes = new Map();
    }
    requestBytes += bytes;
    batchBytes.set(place, (batchBytes.get(place) ?? 0) + bytes);
    rounds.at(-1)!.push({ record, index });
  });
  return rounds;
}

function messagesOf(round: Round): TopicMessages[] {
  const byTopic = new Map<string, TopicMessages>();
  for (const { record } of round) {
    let topic = byTopic.get(record.topic);
    if (topic === undefined) byTopic.set(record.topic, (topic = { topic: record.topic, messages: [] }));
    const { key, value, partition } = record;
    topic.messages.push({ key: key === null ? null : asBuffer(key), value: asBuffer(value), partition });
  }
  return [...byTopic.values()];
}

/** kafkajs writes what is no Buffer as text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
