import { TaktError } from '../../../core/errors.ts';
import { type Broker, encodedBody } from './kafkajs-cluster.ts';

/** What the cluster says of one topic. */
export interface TopicMetadata {
  readonly partitions: number;
  /** The topic's UUID in hex: a topic that is made again has another. */
  readonly identity: string;
}

const METADATA_KEY = 3;
/** The first version that tells ids of topics for names is 10; 12 is the one that Kafka 3.0 to 4.x speak. */
const METADATA_VERSION = 12;
const UNKNOWN_TOPIC = 3;
const UUID_BYTES = 16;
const NO_TAGS = Buffer.from([0]);

/**
 * Asks a broker about one topic: kafkajs speaks no version of Metadata that tells a topic's id. Null where there is no
 * such topic. Throws LOG_REFUSED for brokers before Kafka 3.0.
 * Source: the protocol guide of Apache Kafka, Metadata API version 12, in the flexible encoding of KIP-482.
 */
export async function topicMetadata(broker: Broker, topic: string): Promise<TopicMetadata | null> {
  const spoken = broker.versions[METADATA_KEY];
  if (spoken === undefined || spoken.maxVersion < METADATA_VERSION) {
    throw new TaktError(
      'LOG_REFUSED',
      'the Kafka brokers are older than 3.0, whose topics have no ids yet.\nUse Kafka 3.0 or later.',
    );
  }
  // kafkajs reads properties of what `parse` gives: it must be an object.
  const { found } = await broker.connectionPool.send({
    request: {
      apiKey: METADATA_KEY,
      apiVersion: METADATA_VERSION,
      apiName: 'Metadata',
      encode: async () => encodedBody(metadataRequest(topic)),
    },
    response: {
      decode: async (body) => ({ found: readMetadata(body, topic) }),
      parse: async (answer) => answer,
    },
  });
  return found;
}

function metadataRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    // The header of a flexible request ends with its tags; kafkajs writes the header without.
    NO_TAGS,
    Buffer.from([2]), // one topic, as length + 1
    Buffer.alloc(UUID_BYTES), // by its name, not its id
    unsignedVarint(name.length + 1),
    name,
    NO_TAGS,
    Buffer.from([0, 0]), // make no topic; no authorized operations
    NO_TAGS,
  ]);
}

function readMetadata(body: Buffer, topic: string): TopicMetadata | null {
  const reader = new FlexibleReader(body);
  reader.tags(); // of the header
  reader.skip(4); // throttle time
  for (let brokers = reader.length(); brokers > 0; brokers--) {
    reader.skip(4); // node id
    reader.skip(reader.length()); // host
    reader.skip(4); // port
    reader.skip(reader.length()); // rack
    reader.tags();
  }
  reader.skip(reader.length()); // cluster id
  reader.skip(4); // controller
  for (let topics = reader.length(); topics > 0; topics--) {
    const error = reader.int16();
    const name = reader.bytes(reader.length()).toString();
    const identity = reader.bytes(UUID_BYTES).toString('hex');
    reader.skip(1); // internal
    const partitions = reader.length();
    if (name === topic) {
      if (error === UNKNOWN_TOPIC) return null;
      // Others are of the moment (no leader yet): what is asked for here stands beside them.
      return { partitions, identity };
    }
  }
  return null;
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Reads the flexible encoding of KIP-482. */
class FlexibleReader {
  private readonly body: Buffer;
  private at = 0;

  constructor(body: Buffer) {
    this.body = body;
  }

  skip(count: number): void {
    this.at += count;
  }

  bytes(count: number): Buffer {
    this.at += count;
    return this.body.subarray(this.at - count, this.at);
  }

  int16(): number {
    this.at += 2;
    return this.body.readInt16BE(this.at - 2);
  }

  private varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.body.readUInt8(this.at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** Of an array, a string or null, which counts as empty. */
  length(): number {
    return Math.max(0, this.varint() - 1);
  }

  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint();
      const bytes = this.varint();
      this.skip(bytes);
    }
  }
}
