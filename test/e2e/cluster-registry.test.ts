import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterEach, describe, expect, test } from 'vitest';
import { counted, lineCluster, Load, once, SERVICES, sleep } from '../cluster/line.ts';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { registryMissing } from '../support/apicurio.ts';
import { clusterOfTest } from '../support/cluster-of-test.ts';
import { linesOf } from '../support/dump.ts';
import { kafkaMissing } from '../support/kafka-broker.ts';
import { until } from '../support/takt-process.ts';

const missing = kafkaMissing === false ? registryMissing : kafkaMissing;
const WHY = missing === false ? '' : `: skipped, ${missing}`;
const PARTITIONS = 12;

const own = clusterOfTest();
let producer: Producer | null = null;
afterEach(async () => {
  await producer?.disconnect();
  producer = null;
});

async function sent(on: LocalCluster, name: string): Promise<readonly string[]> {
  const load = new Load(on.services.get('ingest')!.url, name);
  await sleep(1_500);
  await load.stop();
  return load.acknowledged;
}

/** Writes one record to [events.line], as somebody else's program could. */
async function write(on: LocalCluster, caseId: string, value: Buffer): Promise<void> {
  producer = new Kafka({ brokers: [on.broker.address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const partition = partitionOf(caseId, PARTITIONS);
  await producer.send({ topic: 'events.line', messages: [{ key: caseId, value, partition }] });
  await producer.disconnect();
}

async function register(on: LocalCluster, subject: string, schema: object): Promise<number> {
  const answer = await fetch(`${on.registry!.url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schemaType: 'AVRO', schema: JSON.stringify(schema) }),
  });
  return ((await answer.json()) as { readonly id: number }).id;
}

function framed(id: number, body: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, body]);
}

/** More schemas than takt has had. */
const LOCKED_IDS_MAX = 40;

describe.skipIf(missing !== false)(`a schema registry that is down, or does not know${WHY}`, () => {
  test('down at start it is waited for; down later nothing stops', { timeout: 180_000 }, async () => {
    const on = (own.cluster = await lineCluster(own.folder, { registry: true, run: false }));
    await on.registry!.stop();
    for (const service of SERVICES) await on.run(service);
    const { process: processor } = on.services.get('processor')!;
    await processor.until('a word', async () => processor.said.includes('waiting for the schema registry'));
    expect(processor.said).toMatch(/REGISTRY_UNAVAILABLE.*waiting for the schema registry/);
    await on.registry!.run();
    await on.ready();
    expect(processor.said).toContain('the schema registry answers');
    await on.registry!.stop();
    const ids = await sent(on, 'e');
    expect(await counted(on, ids)).toEqual(once(ids));
  });

  test('a record of an unknown schema waits for it, and only its partition does', { timeout: 180_000 }, async () => {
    const on = (own.cluster = await lineCluster(own.folder, { registry: true }));
    const event = JSON.parse(readFileSync('schemas/event.avsc', 'utf8')) as { fields: object[] };
    // As the next version of takt might write it.
    const later = { ...event, fields: [...event.fields, { name: 'shift', type: 'string', default: 'none' }] };
    // Past the ids of the lock file, in which those are looked up that the registry does not know.
    let last = 0;
    for (let n = 0; last < LOCKED_IDS_MAX; n++)
      last = await register(on, `other-${n}`, { type: 'record', name: `other.Thing${n}`, fields: [] });
    const values = {
      workflow: 'line',
      caseId: 'new',
      id: 'new-1',
      kind: 'event',
      activity: 'made',
      timeMs: Date.now(),
    };
    const body = avro.Type.forSchema(later as avro.Schema, { wrapUnions: false }).toBuffer(bodyOf(later, values));
    await write(on, 'new', framed(last + 1, body));
    const { process: processor } = on.services.get('processor')!;
    await processor.until('a word', async () => processor.said.includes('"step":"decode"'));
    expect(processor.said).toMatch(/"step":"decode","topic":"events\.line","partition":\d+,"reason":".*schema/);
    const ids = (await sent(on, 'e')).filter((id) => partitionOf(id, PARTITIONS) !== partitionOf('new', PARTITIONS));
    const { url } = on.services.get('wallboard')!;
    const archivedOf = async (): Promise<Set<string>> =>
      new Set((await linesOf(url, 'SELECT id FROM events')).map((line) => (JSON.parse(line) as { id: string }).id));
    await until(async () => {
      const archived = await archivedOf();
      return ids.every((id) => archived.has(id));
    }, 300);
    expect((await archivedOf()).has('new-1')).toBe(false);
    expect(await register(on, 'takt.event', later)).toBe(last + 1);
    await until(async () => (await archivedOf()).has('new-1'), 300);
    expect((await archivedOf()).has('new-1')).toBe(true);
  });
});

describe.skipIf(missing !== false)(`records that nobody can read${WHY}`, () => {
  test(
    'each goes to the dead letters once, also after a kill, and what is behind it is counted',
    { timeout: 180_000 },
    async () => {
      const on = (own.cluster = await lineCluster(own.folder));
      const before = await sent(on, 'before');
      const foreign = Buffer.from('{"case":"poison"}');
      const cut = framed(1, Buffer.from([200]));
      for (const value of [foreign, cut]) await write(on, 'poison', value);
      const after = await sent(on, 'after');
      const all = [...before, ...after];
      expect(await counted(on, all)).toEqual(once(all));
      const { url } = on.services.get('wallboard')!;
      const letters = async (): Promise<readonly { readonly raw: string }[]> =>
        (
          await linesOf(
            url,
            "SELECT base64Encode(raw) AS raw, code, source FROM dead_letters FINAL WHERE workflow = 'line'",
          )
        ).map((line) => JSON.parse(line) as { readonly raw: string; readonly code: string });
      await until(async () => (await letters()).length >= 2, 300);
      await on.services.get('processor')!.process.end('SIGKILL');
      await on.run('processor');
      const more = await sent(on, 'more');
      expect(await counted(on, [...all, ...more])).toEqual(once([...all, ...more]));
      const kept = await letters();
      expect(kept.map(({ raw }) => raw).sort()).toEqual([foreign, cut].map((value) => value.toString('base64')).sort());
      for (const letter of kept)
        expect(letter).toMatchObject({
          code: 'RECORD_UNREADABLE',
          source: expect.stringMatching(/^events\.line\/\d+ at offset \d+$/),
        });
    },
  );
});

/** A record of a schema, with null where nothing is said. */
function bodyOf(schema: { readonly fields: readonly object[] }, values: Readonly<Record<string, unknown>>): object {
  const fields = schema.fields as readonly { readonly name: string; readonly type: unknown }[];
  return Object.fromEntries(
    fields.map(({ name, type }) => [name, values[name] ?? (name === 'shift' ? 'early' : emptyOf(type))]),
  );
}

function emptyOf(type: unknown): unknown {
  return JSON.stringify(type).includes('"array"') ? [] : null;
}
