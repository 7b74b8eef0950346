import { Processor } from '../../processor/processor.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/catalogue/built-in.ts';
import { checkEpoch } from '../../shared/runtime/epoch.ts';
import { TRANSITIONS_TOPIC, VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { foldParts } from './fold-parts.ts';
import { Places } from './places.ts';
import type { Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/** The stream processor: its share of the partitions of events and slices. */
export async function openProcessor(context: ServiceContext): Promise<Service> {
  const { backbone } = context;
  const { epoch } = backbone;
  let places: Places | null = null;
  const processor = await Processor.open({
    ...foldParts(context, () => places?.isCurrent() === true),
    still: new Set([BUILT_IN_WORKFLOW]),
  });
  await checkEpoch(epoch, [...processor.topics, VALUES_TOPIC, TRANSITIONS_TOPIC], backbone);
  places = new Places(context, processor.topics);
  const shared = places;
  context.reloaded.begin = async (next, shown) => processor.use(context.wholeOf(next), context.wholeOf(shown));
  const working = processor.run();
  const sharing = shared.run(
    (assigned) => processor.assign(assigned),
    () => processor.storedOffsets,
  );
  return {
    ended: Promise.race([working, sharing]),
    async state() {
      const { waiting } = shared;
      const ready = waiting === null && processor.ready;
      const reasons = ready ? [] : [waiting ?? 'catching up with the log'];
      return { ...PLAIN_STATE, ready, reasons, tasks: await processor.status(), logMs: processor.clockMs };
    },
    async stop() {
      processor.stop();
      await Promise.allSettled([working]);
      await shared.stop();
      await Promise.allSettled([sharing]);
    },
  };
}
