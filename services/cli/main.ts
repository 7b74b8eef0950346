#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LmdbLog } from '../shared/adapters/log/lmdb/lmdb-log.ts';
import { SystemClock } from '../shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { registerEventRoutes } from '../ingest/event-routes.ts';
import { EventWriter } from '../ingest/event-writer.ts';
import { registerImportRoutes } from '../ingest/import-routes.ts';
import { Processor } from '../processor/processor.ts';
import { registerReadRoutes } from '../wallboard/read-routes.ts';
import type { Catalogue } from '../shared/core/catalogue.ts';
import { loadCatalogue } from '../shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../shared/runtime/codec.ts';
import type { DataDirectory } from './data-directory.ts';
import { createApp, listen } from '../wallboard/server.ts';
import { createLogger, observerOf } from './logging.ts';
import { Metrics } from '../shared/runtime/metrics.ts';
import { run } from './program.ts';
import type { OpenOptions, Standalone, StatusReport } from './wiring.ts';

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
    const metrics = new Metrics();
    const observer = metrics.observe(observerOf(createLogger(options.logLevel)));
    const processor = await Processor.open({
      catalogue,
      partitions: PARTITIONS,
      epoch: EPOCH,
      log,
      store,
      codec,
      clock,
      observer,
    });
    const writer = new EventWriter({ log, codec, partitions: PARTITIONS });
    const ended = processor.run();
    const status = async (): Promise<StatusReport> => ({
      ready: processor.ready,
      log: log.size(),
      tasks: await processor.status(),
    });
    const app = createApp((error) => metrics.error(error));
    registerEventRoutes(app, { workflows: catalogue.workflows, append: (events) => writer.events(events), clock });
    registerImportRoutes(app, catalogue.workflows, writer);
    registerReadRoutes(app, {
      catalogue,
      store,
      status,
      metrics: async () => metrics.text(await processor.status(), log.size()),
    });
    return {
      events: (events) => writer.events(events),
      bracket: (...bracket) => writer.bracket(...bracket),
      deadLetters: (letters) => writer.deadLetters(letters),
      query: (sql, format) => store.query(sql, format),
      status,
      ended,
      listen: (host, port) => listen(app, host, port),
      async stop() {
        await app.close();
        processor.stop();
        await ended.catch(() => {});
        await log.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

process.exitCode = await run(
  {
    open,
    loadCatalogue: (path) => loadCatalogue(path, { calendarVersion }),
    starterCatalogue: join(root, 'examples', 'helpdesk', 'catalogue.yaml'),
  },
  process.argv,
);
