import type { ConfluentSettings } from '../../shared/adapters/registry/confluent-registry.ts';
import type { ClickHouseServer } from '../../shared/adapters/store/clickhouse/http-transport.ts';
import { KAFKA_DEFAULTS, type KafkaSettings } from '../../shared/adapters/log/kafka/kafka-settings.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { ClusterPlace } from '../wiring.ts';
import { type Environment, readPassword, readPem } from './environment.ts';

/** Where a process of a cluster finds what it shares with the others. */
export interface ClusterSettings {
  readonly kafka: KafkaSettings;
  readonly store: ClickHouseServer;
  /** Null: the schemas that takt comes with, and their ids. */
  readonly registry: ConfluentSettings | null;
}

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const STORE_TIMEOUT_MS = 30_000;
const REGISTRY_TIMEOUT_MS = 10_000;
const CLICKHOUSE_DEFAULT = 'default';

/**
 * Reads the addresses of a cluster, with what the environment adds to them: docs/cluster.md names the variables. Throws
 * USAGE, which names what is wrong, and FILE_UNREADABLE.
 */
export function readClusterSettings(place: ClusterPlace, environment: Environment): ClusterSettings {
  return {
    kafka: readKafka(place.log, environment),
    store: readStore(place.store, environment),
    registry: place.registry === undefined ? null : readRegistry(place.registry, environment),
  };
}

function readKafka(log: string, environment: Environment): KafkaSettings {
  const [, list] = /^kafka:\/\/([^/?#]+)\/?$/.exec(log) ?? [];
  const brokers = (list ?? '').split(',').map((each) => each.trim());
  if (!brokers.every((each) => /^(\[[0-9a-f:]+\]|[\w.-]+):\d+$/i.test(each)))
    throw new TaktError(
      'USAGE',
      `--log ${JSON.stringify(log)} is no Kafka address; it must be kafka://HOST:PORT, or several of them with commas between: kafka://a:9092,b:9092.`,
    );
  const decoding = oneOf('TAKT_KAFKA_DECODING', ['own', 'kafkajs'] as const, environment) ?? KAFKA_DEFAULTS.decoding;
  const replicas = environment['TAKT_KAFKA_REPLICATION'];
  if (replicas !== undefined && !/^[1-9]\d?$/.test(replicas))
    throw new TaktError(
      'USAGE',
      `TAKT_KAFKA_REPLICATION is ${JSON.stringify(replicas)}; it must be a number of copies.`,
    );
  const tls = readTls(environment);
  const sasl = readSasl(environment);
  return {
    ...KAFKA_DEFAULTS,
    brokers,
    clientId: 'takt',
    decoding,
    ...(replicas === undefined ? {} : { replicationFactor: Number(replicas) }),
    ...(tls === null ? {} : { tls }),
    ...(sasl === null ? {} : { sasl }),
  };
}

function readTls(environment: Environment): NonNullable<KafkaSettings['tls']> | null {
  const wanted = oneOf('TAKT_KAFKA_TLS', ['true', 'false'] as const, environment);
  if (wanted === 'false') return null;
  const given = readPem('TAKT_KAFKA', environment);
  if (Object.keys(given).length > 0) return given;
  return wanted === 'true' ? true : null;
}

function readSasl(environment: Environment): NonNullable<KafkaSettings['sasl']> | null {
  const mechanism = oneOf('TAKT_KAFKA_SASL', SASL_MECHANISMS, environment);
  if (mechanism === null) return null;
  const username = environment['TAKT_KAFKA_USER'];
  const password = readPassword('TAKT_KAFKA_PASSWORD', environment);
  if (username === undefined || password === null)
    throw new TaktError(
      'USAGE',
      `with TAKT_KAFKA_SASL=${mechanism}, TAKT_KAFKA_USER and TAKT_KAFKA_PASSWORD (or TAKT_KAFKA_PASSWORD_FILE) must be set.`,
    );
  return { mechanism, username, password };
}

function readStore(address: string, environment: Environment): ClickHouseServer {
  const url = readUrl('--store', address);
  const database = decodeURIComponent(url.pathname.replace(/^\//, '')) || CLICKHOUSE_DEFAULT;
  const user = environment['TAKT_STORE_USER'] ?? CLICKHOUSE_DEFAULT;
  const password = readPassword('TAKT_STORE_PASSWORD', environment) ?? '';
  return { url: url.origin, user, password, database, timeoutMs: STORE_TIMEOUT_MS };
}

function readRegistry(address: string, environment: Environment): ConfluentSettings {
  const url = readUrl('--registry', address);
  const token = readPassword('TAKT_REGISTRY_TOKEN', environment);
  const user = environment['TAKT_REGISTRY_USER'];
  const password = readPassword('TAKT_REGISTRY_PASSWORD', environment);
  const auth = token !== null ? { token } : user !== undefined ? { user, password: password ?? '' } : null;
  return {
    url: url.href.replace(/\/$/, ''),
    subjectPrefix: environment['TAKT_REGISTRY_PREFIX'] ?? 'takt.',
    timeoutMs: REGISTRY_TIMEOUT_MS,
    ...(auth === null ? {} : { auth }),
  };
}

/** An address without a password: those come from the environment, where they reach no list of processes. */
function readUrl(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TaktError(
      'USAGE',
      `${flag} ${JSON.stringify(text)} is no address; it must begin with http:// or https://.`,
    );
  if (url.username !== '' || url.password !== '')
    throw new TaktError(
      'USAGE',
      `${flag} must not hold a user or password; set them in the environment (docs/cluster.md).`,
    );
  return url;
}

function oneOf<T extends string>(name: string, allowed: readonly T[], environment: Environment): T | null {
  const value = environment[name];
  if (value === undefined || value === '') return null;
  const found = allowed.find((each) => each === value.toLowerCase());
  if (found === undefined)
    throw new TaktError('USAGE', `${name} is ${JSON.stringify(value)}; it must be one of: ${allowed.join(', ')}.`);
  return found;
}
