import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/embedded.ts';
import { Mosquitto, mosquittoMissing } from '../support/mosquitto.ts';
import { getJson, type Server, startServer, until } from '../support/takt-process.ts';

const WHY = mosquittoMissing === false ? '' : `: skipped, ${mosquittoMissing}`;
const CATALOGUE = ['--catalogue', 'test/catalogues/line.yaml'];
const TIMEOUT = { timeout: 180_000 };

let folder: ReturnType<typeof temporaryDirectory>;
let broker: Mosquitto;
let servers: Server[] = [];
let stations: MqttClient[] = [];

beforeEach(async () => {
  folder = temporaryDirectory();
  if (mosquittoMissing === false) broker = await Mosquitto.start();
});
afterEach(async () => {
  for (const station of stations) station.end(true);
  for (const server of servers) await server.kill();
  [stations, servers] = [[], []];
  if (mosquittoMissing === false) await broker.remove();
  folder.remove();
});

/** takt start, reading from the broker. */
async function startTakt(): Promise<Server> {
  const file = join(folder.path, 'mqtt.yaml');
  const sources = [
    '  - { topic: "line/{line}/{station}/events", workflow: line }',
    '  - topic: plc/{line}/{station}',
    '    workflow: line',
    '    case: serial',
    '    activity: state',
    '    time: at',
    '    zone: Europe/Berlin',
  ];
  writeFileSync(file, `broker: ${broker.url}\nsources:\n${sources.join('\n')}\n`);
  const server = await startServer(join(folder.path, 'data'), [...CATALOGUE, '--mqtt', file]);
  servers.push(server);
  return server;
}

/** A station of the line, which keeps what the broker has not acknowledged, and sends it again. */
async function station(clientId: string): Promise<MqttClient> {
  const client = await connectAsync(broker.url, { clientId, clean: false, protocolVersion: 5, reconnectPeriod: 100 });
  stations.push(client);
  return client;
}

/** Sends until the broker has it. */
async function send(client: MqttClient, topic: string, payload: unknown): Promise<void> {
  await client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos: 1 });
}

async function sql<Row>({ url }: Server, statement: string): Promise<Row[]> {
  const response = await fetch(`${url}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql: statement, format: 'JSONEachRow' }),
  });
  expect(response.status).toBe(200);
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Parts counted, by line and station. */
async function parts({ url }: Server): Promise<Record<string, number>> {
  const { rows } = (await getJson(`${url}/v1/values?kpi=parts`)) as {
    rows: { labels: { line: string; station: string }; value: number }[];
  };
  return Object.fromEntries(rows.map(({ labels, value }) => [`${labels.line}/${labels.station}`, value]));
}

async function sourceOf({ url }: Server): Promise<{ connected: boolean; reason: string }> {
  return ((await getJson(`${url}/v1/status`)) as { sources: { connected: boolean; reason: string }[] }).sources[0]!;
}

async function metric({ url }: Server, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const START_MS = Date.parse('2026-03-01T06:00:00Z');
const finished = (i: number, rest: object = {}): object => ({
  case: `P-${i}`,
  activity: 'finished',
  time: new Date(START_MS + i * 1_000).toISOString(),
  ...rest,
});

/** Waits until takt has this many events, and gives how many were archived under how many ids. */
async function settled(server: Server, events: number): Promise<{ rows: string; ids: string }> {
  await until(async () => Object.values(await parts(server)).reduce((sum, each) => sum + each, 0) >= events);
  const read = (): Promise<{ rows: string; ids: string }[]> =>
    sql(
      server,
      "SELECT toString(count()) AS rows, toString(uniqExact(case_id, id)) AS ids FROM events FINAL WHERE workflow = 'line'",
    );
  await until(async () => Number((await read())[0]!.rows) >= events);
  return (await read())[0]!;
}

test.skipIf(mosquittoMissing)(
  `events arrive and are counted, what is sent again counts once, what is no event is a dead letter${WHY}`,
  TIMEOUT,
  async () => {
    const server = await startTakt();
    await until(async () => (await sourceOf(server)).connected);
    const line = await station('line-3');
    await send(line, 'line/3/press/events', finished(1, { id: 'e1' }));
    await send(line, 'line/3/weld/events', [finished(1), finished(2)]);
    const reading = { serial: 'S-1', state: 'finished', at: '2026-03-01T07:00:00' };
    await send(line, 'plc/4/oven', reading);
    const poison = ['{"case":', { ...finished(9), activity: null }, { ...finished(9), time: '2026-03-01T06:00:09' }];
    for (const bad of poison) await send(line, 'line/3/press/events', bad);
    await send(line, 'line/3/press/events', JSON.stringify(finished(9, { note: 'x'.repeat(300_000) })));
    // Behind them, and once more what was there before: by hand, as a station does after an outage.
    await send(line, 'plc/4/oven', reading);
    await send(line, 'line/3/weld/events', [finished(2)]);
    await send(line, 'line/3/press/events', finished(3, { id: 'e3' }));
    expect(await settled(server, 5)).toEqual({ rows: '5', ids: '5' });
    expect(await parts(server)).toEqual({ '3/press': 2, '3/weld': 2, '4/oven': 1 });
    const letters = `SELECT code, reason, source FROM dead_letters FINAL ORDER BY reason`;
    await until(async () => (await sql(server, letters)).length === 4);
    expect(await sql(server, letters)).toMatchObject([
      { code: 'EVENT_INVALID', reason: expect.stringMatching(/^activity: it is missing/) as string },
      { code: 'BODY_INVALID', reason: expect.stringMatching(/^the body is not JSON/) as string },
      {
        code: 'BODY_TOO_LARGE',
        reason: expect.stringMatching(/^the payload has 300\d\d\d bytes; at most 262144/) as string,
      },
      {
        code: 'EVENT_INVALID',
        reason: expect.stringMatching(/^time: it must be an RFC 3339 time with an offset/) as string,
      },
    ]);
    expect((await sql<{ source: string }>(server, letters))[0]!.source).toBe('mqtt:line/3/press/events');
    const [oven] = await sql<{ t: string }>(
      server,
      "SELECT toString(time_ms) AS t FROM events FINAL WHERE case_id = 'S-1'",
    );
    expect(Number(oven!.t)).toBe(START_MS);
    expect(await metric(server, 'takt_mqtt_messages_total{outcome="refused"}')).toBe(4);
    expect(await metric(server, 'takt_mqtt_messages_total{outcome="taken"}')).toBe(6);
    expect(await metric(server, 'takt_mqtt_connected')).toBe(1);
    expect(await metric(server, 'takt_limit{name="mqtt_payload_bytes_max"}')).toBe(262_144);
    await server.stop();
  },
);

test.skipIf(mosquittoMissing)(
  `takt killed in mid-stream, and the broker restarted: nothing is lost, nothing counts twice${WHY}`,
  TIMEOUT,
  async () => {
    const EVENTS = 4_000;
    let server = await startTakt();
    await until(async () => (await sourceOf(server)).connected);
    const lines = [await station('line-1'), await station('line-2')];
    let [next, sent] = [0, 0];
    /** Sends so many more, at once. Those of the first line have an id. */
    const sendMore = (count: number): Promise<void>[] =>
      Array.from({ length: Math.min(count, EVENTS - next) }, async () => {
        const i = next++;
        const event = finished(i, i % 2 === 0 ? { id: `e${i}` } : {});
        await send(lines[i % 2]!, `line/${(i % 2) + 1}/press/events`, event);
        sent++;
      });
    const sending = (async () => {
      while (next < EVENTS) {
        await Promise.all(sendMore(10));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const bursts: Promise<void>[] = [];
    for (const part of [0.1, 0.25, 0.4, 0.55]) {
      await until(async () => sent > EVENTS * part);
      // Of these takt has received some, and flushed none or few.
      const burst = sendMore(300);
      bursts.push(...burst);
      await Promise.all(burst.slice(0, 150));
      await server.kill();
      server = await startTakt();
    }
    await until(async () => (await sourceOf(server)).connected && sent > EVENTS * 0.7);
    await broker.stop();
    await until(async () => !(await sourceOf(server)).connected);
    const health = (await getJson(`${server.url}/healthz`)) as { healthy: boolean; reasons: string[] };
    expect(health).toMatchObject({
      healthy: true,
      reasons: [expect.stringContaining(`nothing comes from mqtt ${broker.url}`)],
    });
    expect(await metric(server, 'takt_mqtt_connected')).toBe(0);
    await broker.run();
    await sending;
    await Promise.all(bursts);
    expect(await settled(server, EVENTS)).toEqual({ rows: String(EVENTS), ids: String(EVENTS) });
    expect(await parts(server)).toEqual({ '1/press': EVENTS / 2, '2/press': EVENTS / 2 });
    expect(await metric(server, 'takt_mqtt_reconnects_total')).toBe(1);
    expect(await sql(server, 'SELECT * FROM dead_letters')).toEqual([]);
    await server.stop();
    const { stderr } = await server.running.ended;
    // Once each way, however often it was tried.
    expect(stderr.match(/the broker is away/g)).toHaveLength(1);
    expect(stderr.match(/the broker is back/g)).toHaveLength(1);
  },
);

test.skipIf(mosquittoMissing)(
  `what comes while takt is down is kept by the broker, and a broker that is not there yet is waited for${WHY}`,
  TIMEOUT,
  async () => {
    await broker.stop();
    let server = await startTakt();
    expect(await sourceOf(server)).toMatchObject({ connected: false });
    await broker.run();
    await until(async () => (await sourceOf(server)).connected);
    await server.stop();
    const line = await station('line-3');
    await send(line, 'line/3/press/events', finished(1));
    // While nobody reads, also the broker is restarted.
    await broker.stop();
    await broker.run();
    await send(line, 'line/3/press/events', finished(2));
    server = await startTakt();
    expect(await settled(server, 2)).toEqual({ rows: '2', ids: '2' });
    await server.stop();
  },
);
