import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import type { MqttSettings } from '../../services/shared/adapters/source/mqtt-connection.ts';
import { MqttSource } from '../../services/shared/adapters/source/mqtt-source.ts';
import type { SourceMessage } from '../../services/shared/ports/message-source.ts';
import { Mosquitto, mosquittoMissing } from '../support/mosquitto.ts';
import { until } from '../support/takt-process.ts';
import { selfSigned } from '../support/certificate.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const WHY = mosquittoMissing === false ? '' : `: skipped, ${mosquittoMissing}`;

interface Reader {
  readonly source: MqttSource;
  readonly messages: SourceMessage[];
  readonly texts: () => string[];
  readonly told: string[];
}

let broker: Mosquitto;
let closing: (() => Promise<unknown> | void)[] = [];
beforeEach(() => (closing = []));
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
});

async function startBroker(configOf?: (folder: string) => readonly string[]): Promise<void> {
  broker = await Mosquitto.start(configOf);
  closing.push(() => broker.remove());
}

/** A source that runs; `receive` may hold messages up. */
function read(
  settings: Partial<MqttSettings> = {},
  receive: (message: SourceMessage) => Promise<void> = async () => {},
): Reader {
  const messages: SourceMessage[] = [];
  const told: string[] = [];
  const source = new MqttSource({
    settings: {
      protocol: 'mqtt',
      host: '127.0.0.1',
      port: broker.port,
      clientId: 'takt',
      filters: ['line/#'],
      messagesInFlightMax: 8,
      payloadBytesMax: 1_000,
      packetBytesMax: 100_000,
      sessionExpiryS: 3_600,
      ...settings,
    },
    clock: new SystemClock(),
    observer: {
      connected: (kept, again) => void told.push(`connected${kept ? ', session kept' : ''}${again ? ', again' : ''}`),
      away: (reason) => void told.push(`away: ${reason}`),
    },
    random: () => 0,
  });
  void source.run(async (message) => {
    messages.push(message);
    await receive(message);
  });
  closing.push(() => source.stop());
  return { source, messages, told, texts: () => messages.map(({ payload }) => Buffer.from(payload).toString()) };
}

async function sender(port = broker.port): Promise<MqttClient> {
  const client = await connectAsync({ host: '127.0.0.1', port, protocol: 'mqtt', protocolVersion: 5 });
  closing.push(() => void client.end(true));
  return client;
}

const connected = ({ source }: Reader): Promise<void> => until(async () => source.state().connected);

describe.skipIf(mosquittoMissing)(`an MQTT source${WHY}`, () => {
  test('a message that was not acknowledged comes again, to the next process too; one that was does not', async () => {
    await startBroker();
    const first = read();
    await connected(first);
    expect(first.told).toEqual(['connected']);
    const client = await sender();
    for (const text of ['1', '2', '3', '4']) await client.publishAsync('line/3', text, { qos: 1 });
    await until(async () => first.messages.length === 4);
    expect(first.texts()).toEqual(['1', '2', '3', '4']);
    for (const message of first.messages.slice(0, 2)) message.acknowledge();
    expect(first.messages[3]!.comesAgain()).toBe(false);
    await first.source.stop();
    expect(first.messages[3]!.comesAgain()).toBe(true);
    await client.publishAsync('line/3', '5', { qos: 1 });
    const second = read();
    await until(async () => second.messages.length === 3);
    expect(second.texts()).toEqual(['3', '4', '5']);
    expect(second.told).toEqual(['connected, session kept']);
    // On a connection that is gone it is no acknowledgement, also where a new one is there.
    first.messages[2]!.acknowledge();
    await second.source.stop();
    const third = read();
    await until(async () => third.messages.length === 3);
    expect(third.texts()).toEqual(['3', '4', '5']);
  });

  test('no more come than may be unacknowledged; then the others', async () => {
    await startBroker();
    const reader = read();
    await connected(reader);
    const client = await sender();
    for (let i = 0; i < 20; i++) await client.publishAsync('line/3', String(i), { qos: 1 });
    // What asks for no acknowledgement passes them.
    await client.publishAsync('line/3', 'passes', { qos: 0 });
    await until(async () => reader.texts().includes('passes'));
    expect(reader.texts()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', 'passes']);
    for (let i = 0; i < 21; i++) {
      await until(async () => reader.messages.length > i);
      reader.messages[i]!.acknowledge();
    }
    const numbers = reader.texts().filter((text) => text !== 'passes');
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  test('a receiver that is full holds up the next message, whatever was acknowledged', async () => {
    await startBroker();
    let go = (): void => {};
    const reader = read({}, () => new Promise<void>((resolve) => (go = resolve)));
    await connected(reader);
    const client = await sender();
    for (const text of ['1', '2']) await client.publishAsync('line/3', text, { qos: text === '1' ? 1 : 0 });
    await until(async () => reader.messages.length === 1);
    await client.publishAsync('line/3', '3', { qos: 1 });
    expect(reader.texts()).toEqual(['1']);
    go();
    await until(async () => reader.messages.length === 2);
    go();
    await until(async () => reader.messages.length === 3);
    go();
    expect(reader.texts()).toEqual(['1', '2', '3']);
  });

  test('a payload that is too long is cut, with its length; the next one comes', async () => {
    await startBroker();
    const reader = read();
    await connected(reader);
    const client = await sender();
    await client.publishAsync('line/3', 'x'.repeat(30_000), { qos: 1 });
    await client.publishAsync('line/3', 'short', { qos: 1 });
    await until(async () => reader.messages.length === 2);
    expect(reader.messages.map(({ payload, payloadBytes }) => [payload.length, payloadBytes])).toEqual([
      [16_384, 30_000],
      [5, 5],
    ]);
  });

  test('a connection that breaks is made again, and told once; the session goes on', async () => {
    await startBroker();
    const proxy = await TcpProxy.start(`127.0.0.1:${broker.port}`);
    closing.push(() => proxy.close());
    const reader = read({ port: Number(proxy.address.split(':')[1]) });
    await connected(reader);
    const client = await sender();
    await client.publishAsync('line/3', '1', { qos: 1 });
    await until(async () => reader.messages.length === 1);
    proxy.cut();
    await until(async () => !reader.source.state().connected);
    await client.publishAsync('line/3', '2', { qos: 1 });
    // Some tries fail.
    await new Promise((resolve) => setTimeout(resolve, 700));
    proxy.mend();
    await until(async () => reader.messages.length === 3);
    expect(reader.texts()).toEqual(['1', '1', '2']);
    await connected(reader);
    expect(reader.told).toEqual(['connected', expect.stringMatching(/^away: /), 'connected, session kept, again']);
  });

  test('a broker that knows only MQTT 3.1.1 is spoken to in it', async () => {
    await startBroker();
    const port = await portOf(standingBefore(broker.port, (bytes) => bytes, refusesVersion5));
    const reader = read({ port });
    await connected(reader);
    expect(reader.told).toEqual(['connected']);
    const client = await sender();
    await client.publishAsync('line/3', '1', { qos: 1 });
    await until(async () => reader.messages.length === 1);
    reader.messages[0]!.acknowledge();
    await client.publishAsync('line/3', '2', { qos: 1 });
    await until(async () => reader.messages.length === 2);
    await reader.source.stop();
    const again = read({ port });
    await until(async () => again.messages.length === 1);
    expect(again.texts()).toEqual(['2']);
  });

  test('a second client of the same name takes over; a broker that says so is understood', async () => {
    await startBroker();
    const first = read();
    await connected(first);
    const second = read();
    await until(async () => !first.source.state().connected);
    await connected(second);
    await first.source.stop();
    await second.source.stop();
    // Mosquitto 2.0 only closes the connection. Instead of the message, one that says why.
    const telling = standingBefore(broker.port, (bytes) => (bytes[0] === 0x30 ? Buffer.of(0xe0, 2, 142, 0) : bytes));
    const third = read({ port: await portOf(telling) });
    await connected(third);
    await (await sender()).publishAsync('line/3', 'x', { qos: 0 });
    await until(async () => third.told.length > 1);
    expect(third.told[1]).toMatch(/^away: another client has taken over the session takt/);
  });

  test('a topic that the broker refuses is named', async () => {
    await startBroker();
    const strict = standingBefore(broker.port, (bytes) => {
      // The last code of a SUBACK becomes "not authorized".
      if (bytes[0] === 0x90) bytes[bytes.length - 1] = 135;
      return bytes;
    });
    const reader = read({ port: await portOf(strict), filters: ['line/#', 'hall/#'] });
    await until(async () => reader.told.length > 0);
    expect(reader.told[0]).toBe('away: the broker does not let takt subscribe to hall/#: Not authorized');
    expect(reader.source.state().connected).toBe(false);
  });

  test('TLS and a password; without them it says why not', async () => {
    await startBroker(secured);
    const ca = readFileSync(join(broker.folder, 'cert.pem'), 'utf8');
    const right = { protocol: 'mqtts', username: 'takt', password: 'not-a-secret', tls: { ca } } as const;
    const reader = read(right);
    await connected(reader);
    await reader.source.stop();
    for (const [settings, why] of [
      [{ ...right, password: 'wrong' }, /not auth/i],
      [{ ...right, tls: {} }, /certificate/],
      [{ ...right, tls: { ca: 'no certificate' } }, /PEM|certificate|no start line/i],
    ] as const) {
      const refused = read(settings);
      await until(async () => refused.told.length > 0);
      expect(refused.told[0]).toMatch(why);
      expect(refused.told[0]).not.toMatch(/not-a-secret|wrong/);
      await refused.source.stop();
    }
  });
});

/** Stands before a broker: `alter` changes what it says; whose first packet is `refused` gets that for an answer. */
function standingBefore(
  port: number,
  alter: (bytes: Buffer) => Buffer,
  refused: (first: Buffer) => Uint8Array | null = () => null,
): Server {
  return createServer((client) => {
    client.on('error', () => {});
    client.once('data', (first) => {
      const answer = refused(first);
      if (answer !== null) return void client.end(answer);
      const target = connectTcp(port, '127.0.0.1');
      target.on('error', () => {});
      target.write(first);
      client.pipe(target);
      target.on('data', (bytes) => client.write(alter(bytes)));
      client.on('close', () => target.destroy());
      target.on('close', () => client.destroy());
    });
  });
}

/** As a broker that knows only 3.1.1 answers: the version stands behind the protocol's name. */
function refusesVersion5(first: Buffer): Uint8Array | null {
  return first[first.indexOf('MQTT') + 4] === 5 ? Uint8Array.of(0x20, 2, 0, 1) : null;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => void server.close());
  return (server.address() as { readonly port: number }).port;
}

/** Of a broker with a certificate of its own, a user, and topics that the user may not read. */
function secured(folder: string): string[] {
  const { key, cert } = selfSigned(folder);
  const [users, rights] = [join(folder, 'users'), join(folder, 'rights')];
  const named = spawnSync('mosquitto_passwd', ['-b', '-c', users, 'takt', 'not-a-secret']);
  if (named.status !== 0) throw new Error(`mosquitto_passwd: ${named.stderr.toString()}`);
  writeFileSync(rights, 'user takt\ntopic read line/#\n');
  return [
    'allow_anonymous false',
    `certfile ${cert}`,
    `keyfile ${key}`,
    `password_file ${users}`,
    `acl_file ${rights}`,
  ];
}
