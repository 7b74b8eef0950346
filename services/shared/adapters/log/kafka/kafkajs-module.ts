import { createRequire } from 'node:module';

/** kafkajs is CommonJS, and Node finds only some of its exports by name: it is required, as a whole. */
export const { AssignerProtocol, CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } =
  createRequire(import.meta.url)('kafkajs') as typeof import('kafkajs');

/** A module inside kafkajs, by its path in the package: 2.2.4 is its last release. */
export const fromKafkajs = createRequire(createRequire(import.meta.url).resolve('kafkajs'));
