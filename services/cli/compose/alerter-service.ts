import { Alerter } from '../../alerter/alerter.ts';
import { checkEpoch } from '../../shared/runtime/epoch.ts';
import { TRANSITIONS_TOPIC, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { foldParts } from './fold-parts.ts';
import { NotifyPlace } from './notify-place.ts';
import { Places } from './places.ts';
import type { Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/** The alerter: rules on its share of the values, and the notifications of all where it has [transitions]. */
export async function openAlerter(context: ServiceContext): Promise<Service> {
  const { backbone, metrics } = context;
  const { epoch } = backbone;
  let places: Places | null = null;
  const folds = foldParts(context, () => places?.isCurrent() === true);
  const alerter = await Alerter.open({ ...folds, catalogue: context.wholeOf(context.catalogue) });
  await checkEpoch(epoch, [VALUES_TOPIC, TRANSITIONS_TOPIC], backbone);
  const notify = new NotifyPlace(context, folds);
  context.reloaded.show = async (shown) => {
    alerter.use(context.wholeOf(shown));
    notify.use(shown);
  };
  places = new Places(context, [VALUES_TOPIC, TRANSITIONS_TOPIC]);
  const shared = places;
  const working = alerter.run();
  const sharing = shared.run(
    (assigned) => {
      alerter.assign(assigned);
      notify.set(assigned.some(({ topic }) => topic === TRANSITIONS_TOPIC));
    },
    () => alerter.storedOffsets,
  );
  return {
    ended: Promise.race([working, sharing, notify.halted]),
    async state() {
      const reason = shared.waiting ?? (alerter.isRestored ? null : 'reading its state from the store');
      const tasks = [...(await alerter.status()), ...(await notify.status())];
      const { notifications } = notify;
      return { ...PLAIN_STATE, ready: reason === null, reasons: reason === null ? [] : [reason], tasks, notifications };
    },
    gauges() {
      metrics.alertInstances(alerter.instances);
      const { notifications } = notify;
      if (notifications !== null) metrics.notificationsAre(notifications.pending, notifications.failedCount);
    },
    async stop() {
      alerter.stop();
      await notify.stop();
      await Promise.allSettled([working]);
      await shared.stop();
      await Promise.allSettled([sharing]);
    },
  };
}
