import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { chdbMissing } from './chdb-missing.ts';
import { type KpiStoreUnderTest, kpiStoreContract } from './kpi-store.ts';
import { promisesOf, promisesTested } from './promises.ts';

const SUITE = 'test/contract/kpi-store.ts';

async function memory(): Promise<KpiStoreUnderTest> {
  const store = new MemoryStore();
  await store.migrate();
  return {
    store,
    durable: false,
    sql: false,
    reopen: () => Promise.reject(new Error('the memory store is not durable')),
    async withoutMerging() {},
    remove: () => store.close(),
  };
}

async function chdb(): Promise<KpiStoreUnderTest> {
  const path = mkdtempSync(join(tmpdir(), 'takt-store-'));
  const open = async (): Promise<{ transport: ChdbTransport; store: ClickHouseStore }> => {
    const transport = await ChdbTransport.open(path);
    const store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
    await store.migrate();
    return { transport, store };
  };
  let current = await open();
  return {
    store: current.store,
    durable: true,
    sql: true,
    async reopen() {
      await current.store.close();
      current = await open();
      return current.store;
    },
    // A merge keeps the highest version of a key: lowest offset wins only among rows that were not merged yet. A
    // duplicate is never archived, so this is the second line of defence.
    withoutMerging: () => current.transport.command('SYSTEM STOP MERGES events'),
    async remove() {
      await current.store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

describe('KPI store in memory', () => {
  kpiStoreContract('memory', memory);
});

describe.skipIf(chdbMissing !== false)(`KPI store on chDB (skipped only where it is missing: ${chdbMissing})`, () => {
  kpiStoreContract('chDB', chdb);
});

test('every promise of the port has a test', () => {
  expect(promisesTested(SUITE)).toEqual(promisesOf('services/shared/ports/kpi-store.ts'));
});
