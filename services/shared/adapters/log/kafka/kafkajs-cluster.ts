import type { Kafka as KafkaClient } from 'kafkajs';
import { CODECS, decompress } from './decompress.ts';
import type { KafkaSettings } from './kafka-settings.ts';
import { cureKafkajs } from './kafkajs-cures.ts';
import { CompressionCodecs, CompressionTypes, fromKafkajs, Kafka, logLevel } from './kafkajs-module.ts';

/** A request of Kafka's protocol as kafkajs sends it: `encode` gives the body, `decode` takes the answer's. */
export interface ProtocolRequest<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<ProtocolBody>;
  };
  readonly response: {
    readonly decode: (body: Buffer) => Promise<T>;
    readonly parse: (decoded: T) => Promise<T>;
  };
  readonly requestTimeout?: number;
}

/** kafkajs's own encoder, as far as it is used here. */
export interface ProtocolBody {
  readonly buffer: Buffer;
  writeBufferInternal(bytes: Buffer): void;
}

/** One partition to fetch from an offset on. */
export interface FetchPlace {
  readonly partition: number;
  readonly fetchOffset: string;
  readonly maxBytes: number;
}

export interface FetchArguments {
  readonly replicaId: -1;
  readonly isolationLevel: 0;
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly FetchPlace[] }[];
}

/** A record as kafkajs decodes it. */
export interface KafkajsMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly timestampType: number };
}

/** The answer to a fetch as kafkajs decodes it. */
export interface KafkajsFetched {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly messages: readonly KafkajsMessage[];
    }[];
  }[];
}

/** The requests of kafkajs for one API, by the newest version that both sides know. */
type Lookup = (apiKey: number, definition: unknown) => (given: FetchArguments) => ProtocolRequest<KafkajsFetched>;

export interface Broker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> };
  readonly lookupRequest: Lookup;
  leaveGroup(member: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  disconnect(): Promise<void>;
}

/** kafkajs's view of a cluster: connections, authentication and metadata, with their retries. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(node: { readonly nodeId: string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Broker>;
  /** Node ids, each with the partitions it leads. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  fetchTopicsOffset(
    topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
      readonly fromBeginning: boolean;
    }[],
  ): Promise<
    readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[]
  >;
}

const Encoder = fromKafkajs('./src/protocol/encoder') as new () => ProtocolBody;
const { requests } = fromKafkajs('./src/protocol/requests') as { readonly requests: Readonly<Record<string, unknown>> };
const apiKeys = fromKafkajs('./src/protocol/requests/apiKeys') as Readonly<Record<string, number>>;

/** kafkajs itself reads gzip only, and stops at anything else. */
function registerCodecs(): void {
  for (const type of [CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD] as const) {
    CompressionCodecs[type] = () => ({
      compress: () => Promise.reject(new Error(`takt reads ${CODECS[type]!}, and writes none`)),
      decompress: async (bytes: Buffer) => decompress(type, bytes),
    });
  }
}
registerCodecs();
cureKafkajs();

/** kafkajs on these brokers. Its own retries are off where something is written: what then happened is decided here. */
export function kafkajs(settings: KafkaSettings): KafkaClient {
  const { brokers, clientId, tls, sasl, requestTimeoutMs } = settings;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls === undefined ? {} : { ssl: tls }),
    ...(sasl === undefined ? {} : { sasl }),
    requestTimeout: requestTimeoutMs,
    connectionTimeout: Math.min(requestTimeoutMs, 3_000),
    enforceRequestTimeout: true,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    // What goes wrong is told by whoever calls, once, with what to do.
    logLevel: logLevel.NOTHING,
  });
}

/** A cluster of its own for requests that kafkajs has no public call for. */
export function clusterOf(kafka: KafkaClient): Cluster {
  // kafkajs keeps what makes one under a symbol; 2.2.4 is its last release, and the contract suite runs on it.
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description?.endsWith(':createCluster'));
  const make = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol!]!;
  return make.call(kafka, { metadataMaxAge: 60_000, allowAutoTopicCreation: false, isolationLevel: 0 });
}

/** A body of bytes that are encoded already. */
export function encodedBody(bytes: Buffer): ProtocolBody {
  const body = new Encoder();
  body.writeBufferInternal(bytes);
  return body;
}

/** A Fetch request in the newest version that the broker and kafkajs both know, with kafkajs's reading of the answer. */
export function fetchRequest(broker: Broker, given: FetchArguments): ProtocolRequest<KafkajsFetched> {
  return broker.lookupRequest(apiKeys['Fetch']!, requests['Fetch'])(given);
}

/** A LogAppendTime batch, in what kafkajs says of one. */
export const LOG_APPEND_TIME = 1;
