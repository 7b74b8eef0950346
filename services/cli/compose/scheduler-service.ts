import { EventWriter } from '../../ingest/event-writer.ts';
import { LetterDesk } from '../../ingest/letters/letter-desk.ts';
import { BUILT_IN_WORKFLOW } from '../../shared/core/catalogue/built-in.ts';
import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import { dropAllExpired } from '../../shared/runtime/drop-expired.ts';
import { checkEpoch } from '../../shared/runtime/epoch.ts';
import { eventsTopic, TRANSITIONS_TOPIC } from '../../shared/runtime/topics.ts';
import { whereStopped } from '../../scheduler/where-stopped.ts';
import { beatSender, schedulerOf } from './heartbeat-line.ts';
import { Places } from './places.ts';
import type { Service, ServiceContext } from './service.ts';
import { PLAIN_STATE } from './service-state.ts';

/** How often a scheduler looks whether the line is ready. */
const LOOK_EVERY_MS = 1_000;

/** The scheduler: of several the one that has [transitions] runs the jobs. */
export async function openScheduler(context: ServiceContext): Promise<Service> {
  const { backbone, whole, partitions, metrics, logger, cluster, heartbeat } = context;
  const { log, store, codec, clock, epoch } = backbone;
  const topics = [eventsTopic(BUILT_IN_WORKFLOW), TRANSITIONS_TOPIC] as const;
  await log.createTopic(topics[0], partitions);
  await log.createTopic(topics[1], 1);
  await checkEpoch(epoch, topics, backbone);
  const writer = new EventWriter({ log, codec, partitions });
  const places = new Places(context, [TRANSITIONS_TOPIC]);
  let chosen = false;
  let lineReady = false;
  const stopped = new AbortController();
  const looking = (async () => {
    // Once it was ready it stays so: what stops the line later is what the heartbeat is there to tell.
    while (!stopped.signal.aborted && !lineReady) {
      lineReady = await cluster.report().then(
        ({ ready }) => ready,
        () => false,
      );
      await clock.sleep(LOOK_EVERY_MS, stopped.signal);
    }
  })();
  const sharing = places.run(
    (assigned) => (chosen = assigned.length > 0),
    () => [],
  );
  const ingest = {
    append: (events: readonly WorkflowEvent[]) => writer.events(events),
    deadLetter: (letters: readonly DeadLetter[]) => writer.deadLetters(letters),
    importBracket: (...bracket: Parameters<EventWriter['bracket']>) => writer.bracket(...bracket),
    mappings: new Map(),
    clock,
    metrics,
  };
  const send = beatSender({ ...ingest, workflows: () => whole.workflows, keyHash: null });
  const desk = new LetterDesk({
    ...ingest,
    workflows: () => context.reload.shown.catalogue.workflows,
    store,
    tell: (records) => writer.deadLetters(records),
    sources: [],
  });
  const where = async (): Promise<string> => {
    const { tasks, failing, halted } = await cluster.report();
    const unowned = tasks.find(({ instance }) => instance === null);
    if (halted === null && unowned !== undefined)
      return `no process has ${unowned.topic}/${unowned.partition} (stage ${unowned.stage})`;
    return whereStopped(tasks, failing, halted === null ? null : new Error(halted));
  };
  const ready = (): boolean => chosen && lineReady && places.isCurrent();
  const shared = {
    log,
    store,
    codec,
    clock,
    ready,
    partitions,
    metrics,
    logger,
    send,
    whereStopped: where,
    async status() {
      const report = await cluster.report();
      return { ...report, catalogue: context.reload.reportOf(report.tasks) };
    },
    releaseDue: (signal: AbortSignal) => desk.releaseDue(signal),
    dropExpired: (signal: AbortSignal) =>
      dropAllExpired(store, context.reload.shown.catalogue.workflows.keys(), partitions, signal),
    catalogue: context.asWritten,
  };
  const scheduler = heartbeat === null ? null : schedulerOf(heartbeat, shared);
  const working = scheduler?.run() ?? new Promise<void>(() => {});
  return {
    ended: Promise.race([working, sharing]),
    async state() {
      const { waiting } = places;
      const { jobs, heartbeat: beat } = scheduler?.status() ?? { jobs: [], heartbeat: null };
      const stoppedLine = scheduler?.stoppedLine ?? null;
      const own = chosen ? { jobs, heartbeat: beat, stoppedLine } : {};
      return { ...PLAIN_STATE, ready: waiting === null, reasons: waiting === null ? [] : [waiting], ...own };
    },
    async stop() {
      stopped.abort('stopped');
      scheduler?.stop();
      await Promise.allSettled([scheduler === null ? null : working, looking]);
      await places.stop();
      await Promise.allSettled([sharing]);
    },
  };
}
