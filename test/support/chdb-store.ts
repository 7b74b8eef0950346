import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toEventRow } from '../../services/processor/aggregate/event-rows.ts';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';

/** A store of a test's own, on chDB. */
export interface ChdbStore {
  readonly store: ClickHouseStore;
  /** The rows of a user's statement. */
  rows<Row>(sql: string): Promise<Row[]>;
  archive(events: readonly LoggedEvent[]): Promise<void>;
  /** Empties events, values and definitions: quicker than another store. */
  clear(): Promise<void>;
  /** Closes it and removes its directory. */
  close(): Promise<void>;
}

/** Opens one in a directory of its own. */
export async function openChdbStore(): Promise<ChdbStore> {
  const path = mkdtempSync(join(tmpdir(), 'takt-store-'));
  const transport = await ChdbTransport.open(path);
  const store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
  await store.migrate();
  return {
    store,
    async rows<Row>(sql: string) {
      const text = Buffer.from(await store.query(sql, 'JSONEachRow')).toString('utf8');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Row);
    },
    archive: (events) =>
      store.insert(
        'events',
        events.map((event) => toEventRow(event, 0, 0)),
      ),
    async clear() {
      for (const table of ['events', 'values', 'definitions']) await transport.command(`TRUNCATE TABLE \`${table}\``);
    },
    async close() {
      await store.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
