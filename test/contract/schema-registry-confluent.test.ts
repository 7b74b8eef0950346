import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ConfluentRegistry,
  type ConfluentSettings,
} from '../../services/shared/adapters/registry/confluent-registry.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { Apicurio, registryMissing } from '../support/apicurio.ts';
import { schemaRegistryContract } from './schema-registry.ts';

const LOCK_FILE = 'schemas/schemas.lock.json';
const directory = mkdtempSync(join(tmpdir(), 'takt-registry-'));
let apicurio: Apicurio;
let prefixes = 0;

function settings(more: Partial<ConfluentSettings> = {}): ConfluentSettings {
  return { url: apicurio.url, subjectPrefix: 'takt.', timeoutMs: 5_000, ...more };
}

/** The schema of a thing with these fields. */
function schema(...fields: string[]): string {
  const all = fields.map((name) => ({ name, type: 'string', default: '' }));
  return JSON.stringify({ type: 'record', name: 'Thing', namespace: 'takt', fields: all });
}

async function lockOf(...schemas: readonly string[]): Promise<LockFileRegistry> {
  const path = join(directory, `lock-${++prefixes}.json`);
  writeFileSync(
    path,
    JSON.stringify({ thing: schemas.map((text, i) => ({ version: i + 1, id: 70_000 + i, schema: text })) }),
  );
  return LockFileRegistry.open(path);
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.skipIf(registryMissing !== false)(`Apicurio${registryMissing === false ? '' : `: ${registryMissing}`}`, () => {
  beforeAll(async () => {
    apicurio = await Apicurio.start();
  });
  afterAll(() => apicurio?.stop());

  schemaRegistryContract('Confluent-compatible', async () => {
    const subjectPrefix = `p${++prefixes}.`;
    // An earlier takt registered the first schema, this one the second.
    const [first, second] = [schema('a'), schema('a', 'b')];
    const older = await new ConfluentRegistry(settings({ subjectPrefix }), await lockOf(first)).idOf('thing');
    const own = await lockOf(first, second);
    const open = async (): Promise<ConfluentRegistry> => new ConfluentRegistry(settings({ subjectPrefix }), own);
    const registry = await open();
    return { registry, subject: 'thing', ids: [older, await registry.idOf('thing')], again: open };
  });

  test('all schemas of takt are taken, and what one process writes another reads', async () => {
    const own = await LockFileRegistry.open(LOCK_FILE);
    const [one, other] = [new ConfluentRegistry(settings(), own), new ConfluentRegistry(settings(), own)];
    const bytes = (await MessageCodec.create(one)).encode({ type: 'control', definitions: ['a', 'b'], filling: [] });
    expect(bytes.readInt32BE(1)).toBe(await other.idOf('control'));
    expect((await MessageCodec.create(other)).decode(bytes)).toEqual({
      type: 'control',
      definitions: ['a', 'b'],
      filling: [],
    });
  });

  test('an id that only the lock file has is of a record from before there was a registry', async () => {
    const own = await lockOf(schema('a'));
    expect(await new ConfluentRegistry(settings(), own).schemaOf(70_000)).toBe(schema('a'));
  });

  test('a schema that the registry finds incompatible is refused with its reason', async () => {
    const subjectPrefix = `p${++prefixes}.`;
    await new ConfluentRegistry(settings({ subjectPrefix }), await lockOf(schema('a'))).idOf('thing');
    const body = JSON.stringify({ compatibility: 'BACKWARD_TRANSITIVE' });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${apicurio.url}/config/${subjectPrefix}thing`, { method: 'PUT', headers, body });
    const other = JSON.stringify({
      type: 'record',
      name: 'Thing',
      namespace: 'takt',
      fields: [{ name: 'c', type: 'int' }],
    });
    const refused = new ConfluentRegistry(settings({ subjectPrefix }), await lockOf(other)).idOf('thing');
    await expect(refused).rejects.toMatchObject({ code: 'SCHEMA_REFUSED', message: expect.stringContaining('409') });
  });

  test('down: REGISTRY_UNAVAILABLE, retryable, but for what was asked before', async () => {
    const own = await lockOf(schema('a'));
    const registry = new ConfluentRegistry(settings({ subjectPrefix: `p${++prefixes}.` }), own);
    const id = await registry.idOf('thing');
    await apicurio.stop();
    expect(await registry.idOf('thing')).toBe(id);
    expect(await registry.schemaOf(id)).toBe(schema('a'));
    const failing = new ConfluentRegistry(settings(), own);
    const error = { code: 'REGISTRY_UNAVAILABLE', retryable: true, message: expect.stringContaining(apicurio.url) };
    await expect(failing.idOf('thing')).rejects.toMatchObject(error);
    await expect(failing.schemaOf(id)).rejects.toMatchObject(error);
    await apicurio.run();
    expect(await failing.idOf('thing')).toBeGreaterThan(0);
  });
});

// What a registry rarely does, said by a stand-in.
describe('a registry that answers strangely', () => {
  let server: Server | null = null;
  let heard: IncomingHttpHeaders = {};

  async function answering(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
    server = createServer((request, response) => {
      heard = request.headers;
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  afterEach(async () => {
    await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
    server = null;
  });

  const basics = { subjectPrefix: '', timeoutMs: 1_000 };

  test.each([
    [200, '<html>', {}, 'SCHEMA_REFUSED'],
    [200, '{"id":"7"}', {}, 'SCHEMA_REFUSED'],
    [401, '{"message":"who are you"}', {}, 'SCHEMA_REFUSED'],
    [503, '', {}, 'REGISTRY_UNAVAILABLE'],
    [429, '', {}, 'REGISTRY_UNAVAILABLE'],
    [302, '', { location: 'http://127.0.0.1:1/' }, 'REGISTRY_UNAVAILABLE'],
  ])('%i %s: %o is %s', async (status, body, headers, code) => {
    const url = await answering(status, body, headers as Record<string, string>);
    await expect(
      new ConfluentRegistry({ ...basics, url }, await lockOf(schema('a'))).idOf('thing'),
    ).rejects.toMatchObject({ code });
  });

  test.each([
    [{ user: 'ann', password: 'p:w' }, `Basic ${Buffer.from('ann:p:w').toString('base64')}`],
    [{ token: 't0' }, 'Bearer t0'],
  ])('says who it is: %o', async (auth, header) => {
    const url = await answering(200, '{"id":7}');
    expect(await new ConfluentRegistry({ ...basics, url, auth }, await lockOf(schema('a'))).idOf('thing')).toBe(7);
    expect(heard.authorization).toBe(header);
  });
});
