import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { HttpTransport } from '../../services/shared/adapters/store/clickhouse/http-transport.ts';
import { ClickHouseEndpoint } from '../support/clickhouse-endpoint.ts';
import { chdbMissing } from './chdb-missing.ts';
import { type KpiStoreUnderTest, kpiStoreContract } from './kpi-store.ts';
import { event, jobRun } from './kpi-store-rows.ts';

/** `compresses`: as to a server on another machine. */
async function openStore(url: string, compresses = false): Promise<ClickHouseStore> {
  const server = { url, user: 'default', password: '', database: 'default', timeoutMs: 10_000, compresses };
  const transport = new HttpTransport(server, new SystemClock());
  const store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
  await store.migrate();
  return store;
}

async function http(): Promise<KpiStoreUnderTest> {
  const path = mkdtempSync(join(tmpdir(), 'takt-store-'));
  let endpoint = await ClickHouseEndpoint.start(path);
  let store = await openStore(endpoint.url, true);
  return {
    store,
    durable: true,
    sql: true,
    async reopen() {
      await store.close();
      await endpoint.stop();
      endpoint = await ClickHouseEndpoint.start(path);
      store = await openStore(endpoint.url, true);
      return store;
    },
    withoutMerging: () => endpoint.transport.command('SYSTEM STOP MERGES events'),
    async remove() {
      await store.close();
      await endpoint.stop();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

// The engine is ClickHouse's own (chDB), the HTTP in front of it ours: test/support/clickhouse-endpoint.ts.
describe.skipIf(chdbMissing !== false)(
  `ClickHouse over HTTP (skipped only where chDB is missing: ${chdbMissing})`,
  () => {
    kpiStoreContract('HTTP', http);

    describe('a server that several processes share, over connections that break', () => {
      let path: string;
      let endpoint: ClickHouseEndpoint;
      let store: ClickHouseStore;
      let cuts: ('before' | 'after')[];

      beforeEach(async () => {
        path = mkdtempSync(join(tmpdir(), 'takt-store-'));
        endpoint = await ClickHouseEndpoint.start(path, { notes: true });
        store = await openStore(endpoint.url);
        cuts = [];
        endpoint.cut = () => cuts.shift() ?? null;
      });
      afterEach(async () => {
        await store.close();
        await endpoint.stop();
        rmSync(path, { recursive: true, force: true });
      });

      test.each([[['before'] as const], [['after'] as const], [['after', 'before', 'after'] as const]])(
        'cut %o its statement: an insert is tried again, and its rows count once',
        async (when) => {
          cuts = [...when];
          await store.insert('events', [event({ id: 'a' }), event({ id: 'b', offset: 2 })]);
          expect(cuts).toEqual([]);
          cuts = [...when];
          const found = await store.caseEvents('w', 0, [event({}).caseId], 1_000);
          expect(found.map(({ id }) => id).toSorted()).toEqual(['a', 'b']);
          expect(cuts).toEqual([]);
        },
      );

      test('five that start at once migrate one after the other, also where the answer to the lock is lost', async () => {
        endpoint.ran.length = 0;
        let lost = false;
        endpoint.cut = (sql) => {
          if (lost || !sql.startsWith('CREATE TABLE takt_lock_migrations')) return null;
          lost = true;
          return 'after';
        };
        const others = await Promise.all(Array.from({ length: 5 }, () => openStore(endpoint.url)));
        for (const other of others) await other.close();
        expect(lost).toBe(true);
        const writes = endpoint.ran.filter((sql) => !sql.startsWith('SELECT'));
        const steps = writes.map((sql) => /^(CREATE|DROP) TABLE .*takt_lock/.exec(sql)?.[1] ?? 'migrates');
        const turns = steps.filter((step, i) => step !== steps[i - 1]);
        const turn = ['CREATE', 'migrates', 'DROP'];
        expect(turns).toEqual([...turn, ...turn, ...turn, ...turn, ...turn]);
        expect(
          await endpoint.transport.rows("SELECT name FROM system.tables WHERE name LIKE 'takt_lock%'", {}),
        ).toEqual([]);
      });

      test('a run is claimed once, whoever of five processes asks', async () => {
        const others = await Promise.all(Array.from({ length: 5 }, () => openStore(endpoint.url)));
        const claims = await Promise.all(others.map((other) => other.claimRun(jobRun())));
        for (const other of others) await other.close();
        expect(claims.filter(Boolean)).toHaveLength(1);
      });

      test('cut every time: STORE_FAILED, which names the server', async () => {
        endpoint.cut = () => 'before';
        const error = { code: 'STORE_FAILED', retryable: true, message: expect.stringContaining(endpoint.url) };
        await expect(store.insert('events', [event({})])).rejects.toMatchObject(error);
        await expect(store.definitions()).rejects.toMatchObject(error);
      });
    });
  },
);
