import { type KafkajsFetched, type KafkajsMessage, LOG_APPEND_TIME, type ProtocolRequest } from './kafkajs-cluster.ts';
import { type DecodedRecords, decodeRecordBatches, nextOffsetOf } from './record-batch.ts';

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's code; 0: none. */
  readonly errorCode: number;
  /** The offset behind the last record that may be read. */
  readonly end: number;
  /** The offset behind what was brought; null where nothing was. */
  readonly nextOffset: number | null;
  readonly bytes: number;
  /** Decodes the records from an offset on. */
  readonly decode: (fromOffset: number) => DecodedRecords;
}

/** How the body of the answer to a fetch is read. */
export type FetchReader = (request: ProtocolRequest<KafkajsFetched>) => ProtocolRequest<readonly FetchedPartition[]>;

/** The versions of the answer that `readFetched` knows: what differs below 11 is not read, and 12 is encoded anew. */
const VERSION = 11;

/** Reads record batches here, without kafkajs's decoder: as views of the body, when they are asked for. */
export const ownReader: FetchReader = ({ request, requestTimeout }) => {
  if (request.apiVersion !== VERSION) throw new Error(`Fetch version ${request.apiVersion}; supported: ${VERSION}`);
  const response = {
    decode: async (body: Buffer) => readFetched(body),
    parse: async (partitions: readonly FetchedPartition[]) => partitions,
  };
  return { request, response, ...(requestTimeout === undefined ? {} : { requestTimeout }) };
};

/** The answer of the Fetch API, version 11. Source: the protocol guide of Apache Kafka. */
function readFetched(body: Buffer): FetchedPartition[] {
  const result: FetchedPartition[] = [];
  let at = 4 + 2 + 4; // throttle time, error, session
  for (let topics = body.readInt32BE((at += 4) - 4); topics > 0; topics--) {
    const nameBytes = body.readInt16BE((at += 2) - 2);
    const topic = body.toString('utf8', at, (at += nameBytes));
    for (let partitions = body.readInt32BE((at += 4) - 4); partitions > 0; partitions--) {
      const partition = body.readInt32BE(at);
      const errorCode = body.readInt16BE(at + 4);
      const end = Number(body.readBigInt64BE(at + 6));
      at += 4 + 2 + 8 + 8 + 8; // up to the log's start
      const aborted = body.readInt32BE(at);
      at += 4 + Math.max(0, aborted) * 16 + 4; // and the preferred replica
      const length = Math.max(0, body.readInt32BE(at));
      const bytes = body.subarray((at += 4), (at += length));
      const decode = (fromOffset: number): DecodedRecords => decodeRecordBatches(bytes, fromOffset);
      result.push({ topic, partition, errorCode, end, nextOffset: nextOffsetOf(bytes), bytes: length, decode });
    }
  }
  return result;
}

/** Has kafkajs read the records: the way to fall back on. */
export const kafkajsReader: FetchReader = ({ request, response, requestTimeout }) => ({
  request,
  response: {
    // kafkajs throws on the error of any partition in `parse`; here each partition keeps its own.
    decode: async (body: Buffer) => {
      const { responses } = await response.decode(body);
      return responses.flatMap(({ topicName: topic, partitions }) =>
        partitions.map(({ partition, errorCode, highWatermark, messages }) => ({
          topic,
          partition,
          errorCode,
          end: Number(highWatermark),
          nextOffset: messages.length === 0 ? null : Number(messages.at(-1)!.offset) + 1,
          bytes: messages.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0),
          decode: (fromOffset: number) => fromMessages(messages, fromOffset),
        })),
      );
    },
    parse: async (partitions: readonly FetchedPartition[]) => partitions,
  },
  ...(requestTimeout === undefined ? {} : { requestTimeout }),
});

function fromMessages(messages: readonly KafkajsMessage[], fromOffset: number): DecodedRecords {
  const kept = messages.filter(({ offset, isControlRecord }) => Number(offset) >= fromOffset && !isControlRecord);
  return {
    records: kept.map(({ offset, timestamp, key, value }) => ({
      offset: Number(offset),
      appendMs: Number(timestamp),
      key,
      value: value ?? Buffer.alloc(0),
    })),
    hasCreateTime: kept.some(({ batchContext }) => batchContext.timestampType !== LOG_APPEND_TIME),
  };
}
