import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { promisesOf, promisesTested } from './promises.ts';
import { schemaRegistryContract } from './schema-registry.ts';

const directory = mkdtempSync(join(tmpdir(), 'takt-registry-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function schema(...fields: string[]): string {
  const all = fields.map((name) => ({ name, type: 'string', default: '' }));
  return JSON.stringify({ type: 'record', name: 'Thing', namespace: 'takt', fields: all });
}

schemaRegistryContract('lock file', async () => {
  const path = join(directory, 'lock.json');
  const thing = [
    { version: 1, id: 4, schema: schema('a') },
    { version: 2, id: 9, schema: schema('a', 'b') },
  ];
  writeFileSync(path, JSON.stringify({ other: [{ version: 1, id: 5, schema: schema('c') }], thing }));
  const open = (): Promise<LockFileRegistry> => LockFileRegistry.open(path);
  return { registry: await open(), subject: 'thing', ids: [4, 9], again: open };
});

test('the promises of the port and the tests of the suite are the same', () => {
  expect(promisesTested('test/contract/schema-registry.ts')).toEqual(
    promisesOf('services/shared/ports/schema-registry.ts'),
  );
});

test('a lock file that is missing or no JSON is an error that names it', async () => {
  const broken = join(directory, 'broken.json');
  writeFileSync(broken, '{');
  for (const path of [broken, join(directory, 'none.json')]) {
    await expect(LockFileRegistry.open(path)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining(path),
    });
  }
});
