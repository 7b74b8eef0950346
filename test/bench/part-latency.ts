import { SLICES_TOPIC, VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';
import { eventWays } from './event-ways.ts';
import { type Figure, type Part, spread } from './figure.ts';
import { BATCH_EVENTS, EVERY_MS, importHourBefore, LIVE_NAME, liveLoad, loadFigures, RATE_PER_S } from './live-load.ts';
import { LogReader } from './log-reader.ts';
import { Product } from './product.ts';
import { StoreWatch } from './store-watch.ts';
import { TopicTail } from './topic-tail.ts';
import { TEAMS } from './workload.ts';

interface Watched {
  readonly log: LogReader;
  readonly values: TopicTail;
  readonly store: StoreWatch;
  readonly fromMs: number;
}

/** Latencies of the events that were due in the measured seconds. */
async function latencies({ log, values, store, fromMs }: Watched): Promise<Figure[]> {
  const published: number[] = [];
  const stored: number[] = [];
  for await (const { timeMs, arrivals } of eventWays(log, LIVE_NAME)) {
    if (timeMs < fromMs) continue;
    const times = arrivals.map(({ partition, sliceOffset, valueOffset }) => ({
      publishedMs: values.reached[partition]!.atLeast(valueOffset + 1) ?? NaN,
      storedMs: store.reached[partition]!.atLeast(sliceOffset) ?? NaN,
    }));
    published.push(Math.max(...times.map(({ publishedMs }) => publishedMs)) - timeMs);
    stored.push(Math.max(...times.map(({ storedMs }) => storedMs)) - timeMs);
  }
  if (published.some(Number.isNaN) || stored.some(Number.isNaN)) throw new Error('an event was never seen in a value');
  return [
    { name: 'events measured', value: published.length, unit: 'events' },
    ...spread('from due to published', published, 'ms'),
    ...spread('from due to the row in the store', stored, 'ms'),
  ];
}

/** Latency at 5,000 events/s, from when an event was due to be sent to its published value and its stored row. */
export const latencyPart: Part = {
  name: 'latency',
  about: `${RATE_PER_S} events/s over HTTP from another process, ${BATCH_EVENTS} per request, one request every ${EVERY_MS} ms whether answers come or not. Three KPIs: a count by hour; the 90th percentile of a duration over a rolling hour, every minute, by ${TEAMS} labels; open cases every minute. The hour before is imported first, so the rolling windows are full. An event counts from the moment it was due; what is sent is made beforehand. Published: every value that it changes is on disk in the log, as a third process sees it. Stored: the rows of these values can be read with SQL, asked every 200 ms.`,
  async run(context) {
    await importHourBefore(context);
    const product = await Product.start(context.folder);
    try {
      const log = LogReader.open(context.folder);
      const values = new TopicTail(log, VALUES_TOPIC);
      const store = new StoreWatch(product, log.partitionsOf(SLICES_TOPIC));
      const load = await liveLoad(context, product, null);
      await Promise.all([values.stop(), store.stop()]);
      context.say('following the events through the log');
      const { fromMs } = load;
      const figures = [...(await latencies({ log, values, store, fromMs })), ...loadFigures(load)];
      await log.close();
      return figures;
    } finally {
      await product.stop();
    }
  },
};
