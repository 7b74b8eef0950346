import { createRequire } from 'node:module';

/** kafkajs is CommonJS, and Node finds only some of its exports by name: it is required, as a whole. */
export const { AssignerProtocol, CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } =
  createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');
