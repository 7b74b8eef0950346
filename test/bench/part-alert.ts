import { join } from 'node:path';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { decodeLabels } from '../../services/shared/core/measure/labels.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { TRANSITIONS_TOPIC } from '../../services/shared/runtime/topics.ts';
import { type Figure, type Part, spread } from './figure.ts';
import { EVERY_MS, importHourBefore, type LiveLoad, liveLoad, loadFigures } from './live-load.ts';
import { LogReader } from './log-reader.ts';
import { packageRoot } from './package-root.ts';
import { Product } from './product.ts';
import { TopicTail } from './topic-tail.ts';

const CATALOGUE = join(packageRoot, 'test', 'bench', 'catalogue-alert.yaml');
const RULE = 'probed';
/** Batches from one probe to the next. */
const PROBE_EVERY = 4;
const PROBES_PER_S = 1_000 / (PROBE_EVERY * EVERY_MS);

/** Latencies of the probes that were due in the measured seconds. Throws when one fired nothing. */
async function latencies(
  log: LogReader,
  transitions: TopicTail,
  { startMs, fromMs }: LiveLoad,
  probes: number,
): Promise<Figure[]> {
  const codec = await MessageCodec.create(
    await LockFileRegistry.open(join(packageRoot, 'schemas', 'schemas.lock.json')),
  );
  const told: number[] = [];
  for (const { offset, value } of log.read(TRANSITIONS_TOPIC, 0, 0)) {
    const message = codec.decode(value);
    if (message.type !== 'transition' || message.rule !== RULE || message.to !== 'firing') continue;
    if (!message.provisional) throw new Error('a probe fired with its final value: it was not seen before');
    const dueMs = startMs + Number(decodeLabels(message.labels)['probe']) * PROBE_EVERY * EVERY_MS;
    if (dueMs >= fromMs) told.push((transitions.reached[0]!.atLeast(offset + 1) ?? NaN) - dueMs);
  }
  if (told.length !== probes || told.some(Number.isNaN)) throw new Error(`${told.length} of ${probes} probes fired`);
  return [
    { name: 'transitions measured', value: told.length, unit: 'transitions' },
    ...spread('from due to the transition', told, 'ms'),
  ];
}

/** Latency at 5,000 events/s, from when an event was due to the transition of a rule that it makes fire. */
export const alertPart: Part = {
  name: 'alert',
  about: `The load and the KPIs of latency, and ${PROBES_PER_S} events/s more, each of which makes an instance of a rule with provisional: true fire. From the moment such an event was due until the transition is on disk in the log, as a third process sees it.`,
  async run(context) {
    await importHourBefore(context);
    const product = await Product.start(context.folder, CATALOGUE);
    try {
      const log = LogReader.open(context.folder);
      const transitions = new TopicTail(log, TRANSITIONS_TOPIC);
      const load = await liveLoad(context, product, PROBE_EVERY);
      await transitions.stop();
      const probes = context.scale.measureS * PROBES_PER_S;
      const figures = [...(await latencies(log, transitions, load, probes)), ...loadFigures(load)];
      await log.close();
      return figures;
    } finally {
      await product.stop();
    }
  },
};
