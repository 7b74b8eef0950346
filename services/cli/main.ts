#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LmdbLog } from '../shared/adapters/log/lmdb/lmdb-log.ts';
import { SystemClock } from '../shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { Alerter } from '../alerter/alerter.ts';
import { EventWriter } from '../ingest/event-writer.ts';
import { healthOf } from './health.ts';
import { registerIngest } from '../ingest/routes.ts';
import { workflowUnknown } from '../ingest/workflow-unknown.ts';
import { Processor } from '../processor/processor.ts';
import { LiveValues } from '../wallboard/live/live-values.ts';
import { loadPages } from '../wallboard/pages.ts';
import { registerReadApi } from '../wallboard/routes.ts';
import { ScreenHub } from '../wallboard/stream/screen-hub.ts';
import type { Catalogue } from '../shared/core/catalogue.ts';
import { loadCatalogue } from '../shared/runtime/catalogue-file.ts';
import { loadScreens } from '../shared/runtime/screen-files.ts';
import { loadJsonMappings } from '../shared/runtime/json-mapping-files.ts';
import { FailingSteps } from '../shared/runtime/failing-steps.ts';
import { MessageCodec } from '../shared/runtime/codec.ts';
import type { DataDirectory } from './data-directory.ts';
import { createApp, listen } from '../wallboard/server.ts';
import { createLogger } from '../shared/runtime/logging.ts';
import { observerOf } from './observer.ts';
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
    metrics.watchProcess();
    const failing = new FailingSteps(clock);
    const observer = failing.observe(
      metrics.observe(observerOf(createLogger({ level: options.logLevel, json: true }))),
    );
    const folds = { catalogue, partitions: PARTITIONS, epoch: EPOCH, log, store, codec, clock, observer };
    const processor = await Processor.open(folds);
    // After the processor, which writes down the definitions that rules name.
    const alerter = await Alerter.open(folds);
    const pages = await loadPages(join(root, 'dist', 'web'));
    const live = await LiveValues.open({
      definitions: [...catalogue.kpis.values()].map(({ definition }) => definition.hash),
      store,
      log,
      codec,
      clock,
    });
    const writer = new EventWriter({ log, codec, partitions: PARTITIONS });
    const running = [processor.run(), alerter.run()];
    const ended = Promise.all(running).then(() => {});
    const following = live.run();
    let halted: Error | null = null;
    ended.catch((error: Error) => (halted = error));
    const tasks = async (): Promise<StatusReport['tasks']> => [
      ...(await processor.status()),
      ...(await alerter.status()),
    ];
    const status = async (): Promise<StatusReport> => ({
      ready: processor.ready,
      failing: failing.now(),
      log: log.size(),
      tasks: await tasks(),
    });
    const hub = new ScreenHub({
      catalogue: () => catalogue,
      live,
      build: pages.build,
      clock,
      onCount: (clients) => metrics.streamsOpen(clients),
      pipeline: async () => ({
        ready: processor.ready,
        halted: halted?.message ?? null,
        failing: failing.now(),
        tasks: await tasks(),
      }),
    });
    const app = createApp((error) => metrics.error(error));
    app.addHook('onSend', async (_request, reply) => void reply.header('x-takt-pid', String(process.pid)));
    const { keyHash } = options;
    registerIngest(app, {
      workflows: () => catalogue.workflows,
      append: (events) => writer.events(events),
      deadLetter: (letters) => writer.deadLetters(letters),
      importBracket: (...bracket) => writer.bracket(...bracket),
      mappings: options.mappings,
      clock,
      metrics,
      keyHash,
    });
    registerReadApi(app, {
      catalogue: () => catalogue,
      store,
      status,
      health: () => healthOf(failing.now(), halted, clock.nowMs()),
      ready: () => ({ ready: processor.ready, reasons: processor.ready ? [] : ['catching up with the log'] }),
      metrics: async () => {
        metrics.alertInstances(alerter.instances);
        return metrics.text(await tasks(), log.size());
      },
      keyHash,
      query: (sql, format) => store.query(sql, format),
      wall: { pages, live, hub, screens: () => options.screens, onDrop: () => metrics.streamDropped() },
    });
    return {
      events: (events) => writer.events(events),
      async bracket(workflow, ...bracket) {
        if (!catalogue.workflows.has(workflow)) throw workflowUnknown(workflow, catalogue.workflows.keys());
        await writer.bracket(workflow, ...bracket);
      },
      deadLetters: (letters) => writer.deadLetters(letters),
      query: (sql, format) => store.query(sql, format),
      status,
      ended,
      listen: (host, port) => listen(app, host, port, keyHash !== null),
      async stop() {
        hub.stop();
        await app.close();
        processor.stop();
        alerter.stop();
        live.stop();
        await Promise.allSettled([...running, following]);
        await log.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

// Whoever reads along may leave early (`takt lint … | head`): what they no longer read is dropped, the work goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await run(
  {
    open,
    loadCatalogue: (path) => loadCatalogue(path, { calendarVersion }),
    loadScreens,
    loadMappings: loadJsonMappings,
    starterCatalogue: join(root, 'examples', 'helpdesk', 'catalogue.yaml'),
  },
  process.argv,
);
