import type { SASLOptions } from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';

/** How to reach a Kafka cluster, and how its topics are made. */
export interface KafkaSettings {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** Names this process in the brokers' logs and metrics. */
  readonly clientId: string;
  /** TLS: true for the defaults of Node, or its options (ca, cert, key); absent: plain TCP. */
  readonly tls?: boolean | ConnectionOptions;
  /** SASL PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; absent: no authentication. */
  readonly sasl?: SASLOptions;
  /** Copies of each topic that is created here; -1: what the brokers have as their default. */
  readonly replicationFactor: number;
  /** `own`: record batches are decoded here; `kafkajs`: by kafkajs, slower. Both give the same records. */
  readonly decoding: 'own' | 'kafkajs';
  /** How long a request may take before the connection counts as broken. */
  readonly requestTimeoutMs: number;
}

/** What holds where nothing is said. */
export const KAFKA_DEFAULTS = {
  replicationFactor: -1,
  decoding: 'own',
  requestTimeoutMs: 10_000,
} as const satisfies Partial<KafkaSettings>;
