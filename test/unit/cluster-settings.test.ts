import { expect, test } from 'vitest';
import { readClusterSettings } from '../../services/cli/compose/cluster-settings.ts';

const PLACE = { log: 'kafka://a:9092,b:9093', store: 'http://clickhouse:8123/takt' };

test('addresses alone are enough', () => {
  const { kafka, store, registry } = readClusterSettings(PLACE, {});
  expect(kafka).toEqual({
    brokers: ['a:9092', 'b:9093'],
    clientId: 'takt',
    replicationFactor: -1,
    decoding: 'own',
    requestTimeoutMs: 10_000,
  });
  expect(store).toEqual({
    url: 'http://clickhouse:8123',
    user: 'default',
    password: '',
    database: 'takt',
    timeoutMs: 30_000,
  });
  expect(registry).toBeNull();
});

test('the environment adds decoding, copies, users and passwords', () => {
  const { kafka, store, registry } = readClusterSettings(
    { ...PLACE, registry: 'https://registry/apis/ccompat/v7/' },
    {
      TAKT_KAFKA_DECODING: 'kafkajs',
      TAKT_KAFKA_REPLICATION: '3',
      TAKT_KAFKA_TLS: 'true',
      TAKT_KAFKA_SASL: 'SCRAM-SHA-256',
      TAKT_KAFKA_USER: 'u',
      TAKT_KAFKA_PASSWORD: 'p',
      TAKT_STORE_USER: 'su',
      TAKT_STORE_PASSWORD: 'sp',
      TAKT_REGISTRY_USER: 'ru',
      TAKT_REGISTRY_PASSWORD: 'rp',
    },
  );
  expect(kafka).toMatchObject({
    decoding: 'kafkajs',
    replicationFactor: 3,
    tls: true,
    sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'p' },
  });
  expect(store).toMatchObject({ user: 'su', password: 'sp' });
  expect(registry).toMatchObject({
    url: 'https://registry/apis/ccompat/v7',
    auth: { user: 'ru', password: 'rp' },
    subjectPrefix: 'takt.',
  });
});

test.each([
  [{ ...PLACE, log: 'localhost:9092' }, {}, /--log "localhost:9092" is no Kafka address.*kafka:\/\/HOST:PORT/],
  [{ ...PLACE, log: 'kafka://a' }, {}, /is no Kafka address/],
  [{ ...PLACE, store: 'clickhouse:8123' }, {}, /--store .* must begin with http/],
  [{ ...PLACE, store: 'http://u:secret@c:8123/takt' }, {}, /must not hold a user or password/],
  [PLACE, { TAKT_KAFKA_SASL: 'gssapi' }, /must be one of: plain, scram-sha-256, scram-sha-512/],
  [PLACE, { TAKT_KAFKA_SASL: 'plain', TAKT_KAFKA_USER: 'u' }, /TAKT_KAFKA_PASSWORD/],
  [PLACE, { TAKT_KAFKA_REPLICATION: 'many' }, /TAKT_KAFKA_REPLICATION is "many"/],
  [
    PLACE,
    { TAKT_KAFKA_CA: '/nowhere/ca.pem' },
    /TAKT_KAFKA_CA names \/nowhere\/ca.pem, which cannot be read \(ENOENT\)/,
  ],
])('what is wrong is named: %j %j', (place, environment, said) => {
  let message = '';
  try {
    readClusterSettings(place, environment);
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toMatch(said);
  expect(message).not.toContain('secret');
});
