import type { IngestDeps } from '../../ingest/context.ts';
import { EventWriter } from '../../ingest/event-writer.ts';
import { LetterDesk } from '../../ingest/letters/letter-desk.ts';
import { registerIngest } from '../../ingest/routes.ts';
import { checkEpoch } from '../../shared/runtime/epoch.ts';
import { LetterCounts } from '../../shared/runtime/letter-counts.ts';
import { DEAD_LETTERS_TOPIC, eventsTopic } from '../../shared/runtime/topics.ts';
import { openMqttLine } from './mqtt-line.ts';
import type { Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/** Ingest: takes events over HTTP and answers when the log has them. Any number of them may run; one of them may read from an MQTT broker. */
export async function openIngest(context: ServiceContext): Promise<Service> {
  const { backbone, catalogue, reload, reloaded, partitions, mappings, metrics, keyHash } = context;
  const { log, codec, clock, epoch, store } = backbone;
  const topics = [...catalogue.workflows.keys()].map(eventsTopic);
  for (const topic of topics) await log.createTopic(topic, partitions);
  await log.createTopic(DEAD_LETTERS_TOPIC, 1);
  await checkEpoch(epoch, [...topics, DEAD_LETTERS_TOPIC], backbone);
  reloaded.begin = async ({ workflows }) => {
    for (const name of workflows.keys()) await log.createTopic(eventsTopic(name), partitions);
  };
  const writer = new EventWriter({ log, codec, partitions });
  const deps: Omit<IngestDeps, 'letters'> = {
    append: (events) => writer.events(events),
    deadLetter: (letters) => writer.deadLetters(letters),
    importBracket: (...bracket) => writer.bracket(...bracket),
    workflows: () => reload.shown.catalogue.workflows,
    mappings,
    clock,
    metrics,
    keyHash,
  };
  const letters = new LetterDesk({
    ...deps,
    store,
    tell: (records) => writer.deadLetters(records),
    sources: context.mqtt?.sources ?? [],
  });
  const counts = new LetterCounts(store, clock);
  const mqtt = context.mqtt === null ? null : await openMqttLine(context.mqtt, deps, context.logger);
  mqtt?.start();
  return {
    ended: new Promise(() => {}),
    state: async () => ({ ...PLAIN_STATE, sources: mqtt === null ? [] : [mqtt.report()] }),
    gauges: async () => metrics.lettersAre(await counts.byCode()),
    register: (app) => registerIngest(app, { ...deps, letters }),
    async stop() {
      await mqtt?.stop();
    },
  };
}
