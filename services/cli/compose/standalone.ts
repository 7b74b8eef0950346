import { join } from 'node:path';
import { LmdbLog } from '../../shared/adapters/log/lmdb/lmdb-log.ts';
import { SystemClock } from '../../shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../../shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../../shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { Alerter } from '../../alerter/alerter.ts';
import type { IngestDeps } from '../../ingest/context.ts';
import { EventWriter } from '../../ingest/event-writer.ts';
import { healthOf } from './health.ts';
import { LetterDesk } from '../../ingest/letters/letter-desk.ts';
import { registerIngest } from '../../ingest/routes.ts';
import { workflowUnknown } from '../../ingest/workflow-unknown.ts';
import { NOTIFY_LIMITS, Notify } from '../../alerter/notify/notify.ts';
import { Processor } from '../../processor/processor.ts';
import { LiveAlerts } from '../../wallboard/live/live-alerts.ts';
import { shownDefinitions } from '../../wallboard/live/shown-versions.ts';
import { LiveValues } from '../../wallboard/live/live-values.ts';
import { loadPages } from '../../wallboard/pages.ts';
import { registerOps } from '../../wallboard/ops-routes.ts';
import { registerReadApi } from '../../wallboard/routes.ts';
import { ScreenHub } from '../../wallboard/stream/screen-hub.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import { whereStopped } from '../../scheduler/where-stopped.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/catalogue/built-in.ts';
import { withBuiltIn } from '../../shared/core/catalogue/catalogue-built-in.ts';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { catalogueAt, versionsOf } from '../../shared/core/catalogue/catalogue-versions.ts';
import { testChannel } from '../../shared/runtime/channel-test.ts';
import { dropAllExpired } from '../../shared/runtime/drop-expired.ts';
import { FailingSteps } from '../../shared/runtime/failing-steps.ts';
import { LetterCounts } from '../../shared/runtime/letter-counts.ts';
import { LogCutter } from '../../shared/runtime/log-cutter.ts';
import { MessageCodec } from '../../shared/runtime/codec.ts';
import type { DataDirectory } from '../data-directory.ts';
import { closeApp, createApp, listen } from '../../wallboard/server.ts';
import { EPOCH } from '../../shared/core/version.ts';
import { eventsTopic, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { beatSender, schedulerOf } from './heartbeat-line.ts';
import { LIMITS } from './limits.ts';
import { openMqttLine } from './mqtt-line.ts';
import { notifyObserverOf, observerOf } from './observer.ts';
import { refill, type RefillRecord } from '../../shared/runtime/refill.ts';
import { Metrics } from '../../shared/runtime/metrics.ts';
import { computedDefinitions } from '../../shared/runtime/computed-definitions.ts';
import { withHistory } from './catalogue-history.ts';
import { CatalogueReload } from './catalogue-reload.ts';
import { SeriesLimits } from './series-limits.ts';
import type { LoadedCatalogue, OpenOptions, Standalone, StatusReport } from '../wiring.ts';

/**
 * Partitions per topic of a new data directory: one process gains nothing by more, and every one of them costs slices,
 * marks and ticks of its own.
 */
const PARTITIONS = 1;
/** Where things are that takt brings along, and what this process runs with. */
export interface Surroundings {
  /** The package's folder. */
  readonly root: string;
  readonly calendarVersion: string;
  /** The channels of a catalogue. */
  readonly channelsOf: (catalogue: Catalogue) => Map<string, Notifier>;
}

/**
 * The standalone shape: every service in this process, on the embedded log and store of one data directory. A file of its
 * own, loaded when a command needs it: fastify, LMDB and the services are half of the time that `takt --help` would take.
 * Throws DATA_LOCKED when another process has the directory, and what log and store throw.
 */
export async function openStandalone(
  directory: DataDirectory,
  written: Catalogue,
  options: OpenOptions,
  { root, calendarVersion, channelsOf }: Surroundings,
): Promise<Standalone> {
  const clock = options.clock ?? new SystemClock();
  // The store comes first: its lock is what keeps a second process out.
  const transport = await ChdbTransport.open(directory.storePath);
  const store = new ClickHouseStore({ transport, migrationsPath: join(root, 'deploy', 'clickhouse') });
  try {
    await store.migrate();
    const log = await LmdbLog.open({ path: directory.logPath, clock, limitBytes: options.logLimitBytes });
    const partitions = (await log.describeTopic(VALUES_TOPIC))?.partitions ?? PARTITIONS;
    const registry = await LockFileRegistry.open(join(root, 'schemas', 'schemas.lock.json'));
    const codec = await MessageCodec.create(registry, registry.ids());
    const metrics = new Metrics();
    metrics.watchProcess();
    for (const [name, value] of Object.entries(LIMITS)) metrics.limit(name, value);
    const failing = new FailingSteps(clock);
    const logger = createLogger({ level: options.logLevel, json: true });
    const observer = failing.observe(metrics.observe(observerOf(logger)));
    const series = new SeriesLimits({ store, calendarVersion, logger, metrics });
    await series.read();
    let reload: CatalogueReload | null = null;
    const writer = new EventWriter({ log, codec, partitions });
    const ingest: Omit<IngestDeps, 'workflows' | 'keyHash'> = {
      append: (events) => writer.events(events),
      deadLetter: (letters) => writer.deadLetters(letters),
      importBracket: (...bracket) => writer.bracket(...bracket),
      mappings: options.mappings,
      clock,
      metrics,
    };
    const history = (each: Catalogue): Promise<Catalogue> => withHistory(each, store, calendarVersion);
    const loaded = { catalogue: await history(series.use(written)), screens: options.screens };
    const first = { ...loaded, catalogue: catalogueAt(loaded.catalogue, clock.nowMs(), calendarVersion) };
    const shown = (): LoadedCatalogue => reload?.shown ?? first;
    const letters = new LetterDesk({
      ...ingest,
      workflows: () => shown().catalogue.workflows,
      store,
      tell: (records) => writer.deadLetters(records),
      sources: options.mqtt?.sources ?? [],
    });
    // By the machine's clock: that of a replay runs through hours in a moment, and each status would ask again.
    const letterCounts = new LetterCounts(store, new SystemClock());
    // Before the folds: what the environment says of the broker may be wrong.
    const read = { ...ingest, workflows: () => shown().catalogue.workflows };
    const mqtt = options.mqtt === null ? null : await openMqttLine(options.mqtt, read, logger);
    const sources = (): StatusReport['sources'] => (mqtt === null ? [] : [mqtt.report()]);
    const folds = { catalogue: first.catalogue, partitions, epoch: EPOCH, log, store, codec, clock, observer };
    const wholeOf = (each: Catalogue): Catalogue => withBuiltIn(each, partitions, { calendarVersion });
    const whole = wholeOf(loaded.catalogue);
    const processor = await Processor.open({ ...folds, catalogue: whole, still: new Set([BUILT_IN_WORKFLOW]) });
    processor.assign(processor.allPlaces);
    await processor.restore();
    // After the processor, which writes down the definitions that rules name.
    const alerter = await Alerter.open({ ...folds, catalogue: wholeOf(first.catalogue) });
    alerter.assign(alerter.allPlaces);
    await alerter.restore();
    let channels = channelsOf(first.catalogue);
    const notify = await Notify.open({
      ...folds,
      channels,
      notifyObserver: metrics.observeNotify(notifyObserverOf(logger)),
      random: Math.random,
    });
    for (const [name, value] of Object.entries(NOTIFY_LIMITS)) metrics.limit(name, value);
    const pages = await loadPages(join(root, 'dist', 'web'));
    const live = await LiveValues.open({
      definitions: shownDefinitions(first.catalogue),
      store,
      log,
      codec,
      clock,
    });
    const alerts = await LiveAlerts.open({ rules: [...first.catalogue.rules.values()], store, log, codec, clock });
    reload = new CatalogueReload({
      loaded,
      files: options.files,
      calendarVersion,
      history,
      clock,
      logger,
      series,
      computed: () => computedDefinitions(store, partitions),
      async begin(next, before) {
        await processor.use(wholeOf(next), wholeOf(before));
        processor.assign(processor.allPlaces);
      },
      async show({ catalogue: next, screens: _screens }) {
        channels = channelsOf(next);
        notify.use(next, channels);
        alerter.use(wholeOf(next));
        await live.show(shownDefinitions(next));
        await alerts.show([...next.rules.values()]);
      },
      onShown: () => hub.renew(),
    });
    const reloading = reload;
    const following = [live.run(), alerts.run(), reload.run()];
    const folding = Promise.all([processor.run(), alerter.run(), notify.run()]).then(() => {});
    let halted: Error | null = null;
    let scheduler: Scheduler | null = null;
    folding.catch((error: Error) => {
      halted = error;
      scheduler?.halted(`the folds have halted: ${error.message}`);
    });
    const tasks = async (): Promise<StatusReport['tasks']> => [
      ...(await processor.status()),
      ...(await alerter.status()),
      await notify.status(),
    ];
    const catalogueState = async (): Promise<Pick<StatusReport, 'catalogue' | 'tasks'>> => {
      const all = await tasks();
      return { catalogue: reloading.reportOf(all), tasks: all };
    };
    const status = async (): Promise<StatusReport> => ({
      ready: processor.ready,
      halted: halted?.message ?? null,
      failing: failing.now(),
      services: [],
      sources: sources(),
      log: log.size(),
      notifications: notify.notifications,
      deadLetters: await letterCounts.now(),
      ...(await catalogueState()),
      ...(scheduler?.status() ?? { jobs: [], heartbeat: null }),
    });
    const refillNow = (kpis: readonly string[]): Promise<RefillRecord[]> =>
      refill(kpis, [...shown().catalogue.kpis.values()].flatMap(versionsOf), { log, store, codec });
    const hub = new ScreenHub({
      catalogue: () => shown().catalogue,
      live,
      alerts,
      build: pages.build,
      clock,
      onCount: (clients) => metrics.streamsOpen(clients),
      async pipeline() {
        const all = await tasks();
        return {
          ready: processor.ready,
          halted: halted?.message ?? null,
          failing: failing.now(),
          tasks: all.filter(({ topic }) => topic !== eventsTopic(BUILT_IN_WORKFLOW)),
          recomputing: reloading.reportOf(all).progress,
          catalogue: reloading.report,
        };
      },
    });
    following.push(hub.run());
    const cutter = new LogCutter({
      log,
      clock,
      readers: async () => [
        ...(await tasks()).map(({ topic, partition, storedOffset }) => ({
          topic,
          partition,
          offset: storedOffset + 1,
        })),
        ...processor.letterOffsets,
        ...live.places,
        ...alerts.places,
      ],
      onError: (error) => metrics.error(error),
    });
    following.push(cutter.run());
    // What Fastify says about itself (that it listens) is said by the greeting.
    const errorLevel = options.logLevel === 'silent' ? 'silent' : 'error';
    const app = createApp((error) => metrics.error(error), createLogger({ level: errorLevel, json: true }));
    app.addHook('onSend', async (_request, reply) => void reply.header('x-takt-pid', String(process.pid)));
    const { keyHash } = options;
    registerIngest(app, { ...ingest, workflows: () => shown().catalogue.workflows, letters, keyHash });
    registerOps(app, {
      status,
      health: () =>
        healthOf({
          failing: failing.now(),
          halted,
          nowMs: clock.nowMs(),
          logMs: processor.clockMs,
          stoppedLine: scheduler?.stoppedLine ?? null,
          sources: sources(),
          catalogueProblem: reloading.report.problem,
        }),
      ready: () => ({ ready: processor.ready, reasons: processor.ready ? [] : ['catching up with the log'] }),
      async metrics() {
        const { pending, failedCount } = notify.notifications;
        metrics.notificationsAre(pending, failedCount);
        metrics.alertInstances(alerter.instances);
        metrics.lettersAre(await letterCounts.byCode());
        return metrics.text(await tasks(), log.size());
      },
      reload: () => reloading.reload(),
      refill: async (kpis) => ({ records: await refillNow(kpis) }),
      keyHash,
      onError: (code) => metrics.error(code),
    });
    registerReadApi(app, {
      catalogue: () => shown().catalogue,
      store,
      progress: (workflow) => processor.progressOf(workflow),
      keyHash,
      query: (sql, format) => store.query(sql, format),
      onError: (code) => metrics.error(code),
      notify: { testChannel: (name) => testChannel(name, channels, clock) },
      wall: { pages, live, alerts, hub, screens: () => shown().screens, onDrop: () => metrics.streamDropped() },
    });
    if (options.heartbeat !== null) {
      const send = beatSender({ ...ingest, workflows: () => whole.workflows, keyHash: null });
      const where = async (): Promise<string> => whereStopped(await tasks(), failing.now(), halted);
      const shared = { log, store, codec, clock, ready: () => processor.ready };
      scheduler = schedulerOf(options.heartbeat, {
        ...shared,
        partitions,
        metrics,
        logger,
        send,
        whereStopped: where,
        status,
        releaseDue: (signal) => letters.releaseDue(signal),
        dropExpired: (signal) => dropAllExpired(store, shown().catalogue.workflows.keys(), partitions, signal),
        catalogue: () => series.asWritten,
      });
    }
    const jobsEnded = scheduler?.run() ?? Promise.resolve();
    return {
      letters,
      events: (events) => writer.events(events),
      async bracket(workflow, ...bracket) {
        const { workflows } = shown().catalogue;
        if (!workflows.has(workflow)) throw workflowUnknown(workflow, workflows.keys());
        await writer.bracket(workflow, ...bracket);
      },
      deadLetters: (letters) => writer.deadLetters(letters),
      query: (sql, format) => store.query(sql, format),
      status,
      reload: () => reloading.reload(),
      refill: refillNow,
      ended: folding,
      async listen(host, port) {
        const url = await listen(app, host, port, keyHash !== null);
        // Only the takt that serves tells people; a command that opens the directory for its own work does not.
        notify.send();
        mqtt?.start();
        return url;
      },
      async stop() {
        hub.stop();
        cutter.stop();
        await mqtt?.stop();
        await closeApp(app);
        scheduler?.stop();
        await jobsEnded;
        processor.stop();
        alerter.stop();
        reloading.stop();
        live.stop();
        alerts.stop();
        await notify.stop();
        await Promise.allSettled([folding, ...following]);
        await log.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
