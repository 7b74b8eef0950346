#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LmdbLog } from '../shared/adapters/log/lmdb/lmdb-log.ts';
import { SystemClock } from '../shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { EventWriter } from '../ingest/event-writer.ts';
import { Processor } from '../processor/processor.ts';
import type { Catalogue } from '../shared/core/catalogue.ts';
import { loadCatalogue } from '../shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../shared/runtime/codec.ts';
import type { DataDirectory } from './data-directory.ts';
import { createHttp } from './http.ts';
import { run } from './program.ts';
import { StandaloneTakt } from './standalone.ts';
import type { OpenOptions, Standalone } from './wiring.ts';

/** Partitions per topic of the standalone shape; fixed for the life of a data directory. */
const PARTITIONS = 4;
const EPOCH = 0;

const root = packageRoot();
const calendarVersion = process.versions['tz'] ?? 'unknown';

/** The package's folder, from the sources as well as from dist/. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'schemas', 'schemas.lock.json'))) folder = dirname(folder);
  return folder;
}

async function open(directory: DataDirectory, catalogue: Catalogue, options: OpenOptions): Promise<Standalone> {
  const clock = new SystemClock();
  // The store comes first: its lock is what keeps a second process out.
  const transport = await ChdbTransport.open(directory.storePath);
  const store = new ClickHouseStore({ transport, migrationsPath: join(root, 'deploy', 'clickhouse') });
  try {
    await store.migrate();
    const log = await LmdbLog.open({ path: directory.logPath, clock, limitBytes: options.logLimitBytes });
    const registry = await LockFileRegistry.open(join(root, 'schemas', 'schemas.lock.json'));
    const codec = await MessageCodec.create(registry, registry.ids());
    return await StandaloneTakt.open({
      log,
      store,
      clock,
      catalogue,
      options,
      writer: new EventWriter({ log, codec, partitions: PARTITIONS }),
      openProcessor: (observer) => Processor.open({ catalogue, partitions: PARTITIONS, epoch: EPOCH, log, store, codec, clock, observer }),
      createHttp,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

process.exitCode = await run(
  { open, loadCatalogue: (path) => loadCatalogue(path, { calendarVersion }), starterCatalogue: join(root, 'examples', 'helpdesk', 'catalogue.yaml') },
  process.argv,
);
