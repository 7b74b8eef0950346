import { join } from 'node:path';
import type { Logger } from 'pino';
import { checkBind } from '../../shared/runtime/api-key.ts';
import { withBuiltIn } from '../../shared/core/catalogue/catalogue-built-in.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { FailingSteps } from '../../shared/runtime/failing-steps.ts';
import { createLogger } from '../../shared/runtime/logging.ts';
import { Metrics } from '../../shared/runtime/metrics.ts';
import { VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import type { ServeOptions, ServiceName } from '../wiring.ts';
import { openAlerter } from './alerter-service.ts';
import { type Backbone, openBackbone } from './backbone.ts';
import { type ClusterSettings, readClusterSettings } from './cluster-settings.ts';
import { ClusterStatus } from './cluster-status.ts';
import { openIngest } from './ingest-service.ts';
import { LIMITS } from './limits.ts';
import { observerOf } from './observer.ts';
import { openProcessor } from './processor-service.ts';
import { runService } from './run-service.ts';
import { openScheduler } from './scheduler-service.ts';
import { computedDefinitions } from '../../shared/runtime/computed-definitions.ts';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { withHistory } from './catalogue-history.ts';
import { CatalogueReload } from './catalogue-reload.ts';
import { SeriesLimits } from './series-limits.ts';
import type { OpenService, ReloadEars, ServiceContext } from './service.ts';
import type { Surroundings } from './standalone.ts';
import { openWallboard } from './wallboard-service.ts';

/** Of a cluster that has no topics yet. */
const PARTITIONS_DEFAULT = 12;

const SERVICES: Readonly<Record<ServiceName, OpenService>> = {
  ingest: openIngest,
  processor: openProcessor,
  alerter: openAlerter,
  wallboard: openWallboard,
  scheduler: openScheduler,
};

/**
 * Runs one service of a cluster until `stopping`: it waits for what it needs, listens, works, and stores what it has
 * when it stops. Rejects with what made it halt. `listening` is told the address.
 */
export async function serve(
  service: ServiceName,
  options: ServeOptions,
  { root, calendarVersion, channelsOf }: Surroundings,
): Promise<void> {
  const { stopping, keyHash, instance, host } = options;
  checkBind(host, keyHash !== null);
  const settings = readClusterSettings(options.place, process.env);
  const logger = createLogger({ level: options.logLevel, json: true }).child({ service, instance });
  const backbone = await openBackbone(settings, root, logger, stopping);
  if (backbone === null) return;
  try {
    const context = await contextOf(service, options, backbone, {
      settings,
      logger,
      root,
      calendarVersion,
      channelsOf,
    });
    await runService(context, SERVICES[service], options);
  } finally {
    await backbone.close();
  }
}

/** What the service is made of. Throws USAGE and what the log throws. */
async function contextOf(
  service: ServiceName,
  { instance, keyHash, ...options }: ServeOptions,
  backbone: Backbone,
  {
    settings,
    logger,
    root,
    calendarVersion,
    channelsOf,
  }: Surroundings & { readonly settings: ClusterSettings; readonly logger: Logger },
): Promise<ServiceContext> {
  const { clock, log, store } = backbone;
  const partitions = await partitionsOf(backbone, options.partitions);
  const metrics = new Metrics();
  metrics.watchProcess();
  const series = new SeriesLimits({ store, calendarVersion, logger, metrics });
  await series.read();
  const history = (each: Catalogue): Promise<Catalogue> => withHistory(each, store, calendarVersion);
  const loaded = { catalogue: await history(series.use(options.catalogue)), screens: options.screens };
  const wholeOf = (each: Catalogue): Catalogue => withBuiltIn(each, partitions, { calendarVersion });
  const whole = wholeOf(loaded.catalogue);
  for (const [name, value] of Object.entries(LIMITS)) metrics.limit(name, value);
  const failing = new FailingSteps(clock);
  const reloaded: ReloadEars = {};
  const reload = new CatalogueReload({
    loaded,
    files: options.files,
    calendarVersion,
    history,
    clock,
    logger,
    series,
    computed: () => computedDefinitions(store, partitions),
    begin: async (...catalogues) => reloaded.begin?.(...catalogues),
    show: async (loaded) => reloaded.show?.(loaded.catalogue),
    onShown: () => reloaded.onShown?.(),
  });
  return {
    service,
    instance,
    settings,
    backbone,
    catalogue: reload.shown.catalogue,
    whole,
    partitions,
    cluster: new ClusterStatus({ store, log, clock, catalogue: whole, partitions }),
    metrics,
    failing,
    observer: failing.observe(metrics.observe(observerOf(logger))),
    logger,
    keyHash,
    wholeOf,
    reload,
    asWritten: () => series.asWritten,
    reloaded,
    channelsOf,
    mappings: options.mappings,
    mqtt: options.mqtt,
    heartbeat: options.heartbeat,
    webPath: join(root, 'dist', 'web'),
  };
}

/** Partitions per topic: as they are, whoever made them, else as wanted. Throws USAGE where both are said and differ. */
async function partitionsOf({ epoch, log }: Backbone, wanted: number | null): Promise<number> {
  const has = epoch.topics.get(VALUES_TOPIC)?.partitions ?? (await log.describeTopic(VALUES_TOPIC))?.partitions;
  if (has === undefined) return wanted ?? PARTITIONS_DEFAULT;
  if (wanted === null || wanted === has) return has;
  throw new TaktError(
    'USAGE',
    `--partitions ${wanted}: the topics have ${has} partitions.\nLeave it out, or change the topics and start a new epoch: takt epoch --help.`,
  );
}
