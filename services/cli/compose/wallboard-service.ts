import { eventsTopic, TRANSITIONS_TOPIC, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/catalogue/built-in.ts';
import { testChannel } from '../../shared/runtime/channel-test.ts';
import { LiveAlerts } from '../../wallboard/live/live-alerts.ts';
import { shownDefinitions } from '../../wallboard/live/shown-versions.ts';
import { LiveValues } from '../../wallboard/live/live-values.ts';
import { loadPages } from '../../wallboard/pages.ts';
import { registerReadApi } from '../../wallboard/routes.ts';
import { ScreenHub } from '../../wallboard/stream/screen-hub.ts';
import type { OpsDeps } from '../../wallboard/ops-routes.ts';
import { lagOf } from '../lag.ts';
import type { Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/** How old what a request is told of progress may be: it is then behind what is so, never ahead. */
const PROGRESS_AGE_MS_MAX = 1_000;

/** The wallboard: API, screens and pages, from the store and from what the log says now. Any number of them may run. */
export async function openWallboard(context: ServiceContext, ops: OpsDeps): Promise<Service> {
  const { backbone, catalogue, partitions, cluster, metrics, webPath, channelsOf, reload, reloaded } = context;
  const { log, store, codec, clock } = backbone;
  await log.createTopic(VALUES_TOPIC, partitions);
  await log.createTopic(TRANSITIONS_TOPIC, 1);
  const pages = await loadPages(webPath);
  const definitions = shownDefinitions(catalogue);
  const live = await LiveValues.open({
    definitions,
    store,
    log,
    codec,
    clock,
    untilStored: (signal) => cluster.untilRolled(signal),
  });
  const rules = [...catalogue.rules.values()];
  const alerts = await LiveAlerts.open({ rules, store, log, codec, clock, besideFolds: true });
  const hub = new ScreenHub({
    catalogue: () => reload.shown.catalogue,
    live,
    alerts,
    build: pages.build,
    clock,
    onCount: (clients) => metrics.streamsOpen(clients),
    async pipeline() {
      const { ready, halted, failing, tasks } = await cluster.report();
      return {
        ready: ready && live.isComplete,
        halted,
        failing,
        recomputing: reload.reportOf(tasks).progress,
        catalogue: reload.report,
        // Where [slices] ends now matters; of events what their stage had not read when it told so.
        tasks: tasks
          .filter(({ topic }) => topic !== eventsTopic(BUILT_IN_WORKFLOW))
          .map((task) => (task.stage === 'aggregate' ? { ...task, endOffset: task.nextOffset + lagOf(task) } : task)),
      };
    },
  });
  reloaded.show = async (next) => {
    await live.show(shownDefinitions(next));
    await alerts.show([...next.rules.values()]);
  };
  reloaded.onShown = () => hub.renew();
  const following = [live.run(), alerts.run(), hub.run()];
  return {
    ended: Promise.race(following),
    async state() {
      const reasons = live.isComplete ? [] : ['reading the values that are there'];
      return { ...PLAIN_STATE, ready: live.isComplete, reasons };
    },
    register(app) {
      registerReadApi(app, {
        ...ops,
        catalogue: () => reload.shown.catalogue,
        store,
        async progress(workflow) {
          const { tasks } = await cluster.recent(PROGRESS_AGE_MS_MAX);
          const rolls = tasks.filter(({ stage }) => stage === 'roll');
          // Of all workflows the lowest: it holds for each of them.
          const heard = rolls.map(({ watermarkMs }) => watermarkMs);
          const known = reload.shown.catalogue.workflows.has(workflow) && rolls.length > 0 && !heard.includes(null);
          return {
            watermarkMs: known ? Math.min(...heard.map((watermarkMs) => watermarkMs ?? Infinity)) : null,
            stored: rolls.every(({ unstored }) => unstored === 0),
          };
        },
        query: (sql, format) => store.query(sql, format),
        notify: { testChannel: (name) => testChannel(name, channelsOf(reload.shown.catalogue), clock) },
        wall: { pages, live, alerts, hub, screens: () => reload.shown.screens, onDrop: () => metrics.streamDropped() },
      });
    },
    hangUp: () => hub.stop(),
    async stop() {
      hub.stop();
      live.stop();
      alerts.stop();
      await Promise.allSettled(following);
    },
  };
}
