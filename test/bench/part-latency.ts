import { join } from 'node:path';
import { SLICES_TOPIC } from '../../services/shared/runtime/topics.ts';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import { eventWays } from './event-ways.ts';
import { type Figure, type Part, type PartContext, spread } from './figure.ts';
import { LogReader } from './log-reader.ts';
import { Product, runTakt } from './product.ts';
import { type PacedReport, send } from './send.ts';
import { serverFigures, serverState } from './server-figures.ts';
import { StoreWatch } from './store-watch.ts';
import { TEAMS } from './workload.ts';
import { ValuesTail } from './values-tail.ts';

const RATE_PER_S = 5_000;
const BATCH_EVENTS = 50;
const EVERY_MS = (BATCH_EVENTS * 1_000) / RATE_PER_S;
const CONNECTIONS = 64;
const NAME = 'live';
const HOUR_MS = 3_600_000;
/** Events of the hour before: some in every minute of every team. */
const HISTORY_EVENTS = TEAMS * 60 * 40;
const LEAD_MS = 1_000;

interface Watched {
  readonly log: LogReader;
  readonly values: ValuesTail;
  readonly store: StoreWatch;
  readonly report: PacedReport;
  /** When the measured seconds begin, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly server: readonly Figure[];
}

async function watched({ scale, say, folder }: PartContext, product: Product): Promise<Watched> {
  const log = LogReader.open(folder);
  const values = new ValuesTail(log);
  const store = new StoreWatch(product, log.partitionsOf(SLICES_TOPIC));
  const startMs = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
  const fromMs = startMs + scale.warmUpS * 1_000;
  const batches = ((scale.warmUpS + scale.measureS) * 1_000) / EVERY_MS;
  const basics = { url: product.url, name: NAME, batchEvents: BATCH_EVENTS, connections: CONNECTIONS };
  say(`${RATE_PER_S} events/s for ${scale.warmUpS} + ${scale.measureS} s`);
  const sending = send({ ...basics, kind: 'pace', startMs, batches, everyMs: EVERY_MS });
  await new Promise((resolve) => setTimeout(resolve, fromMs - Date.now()));
  const before = await serverState(product);
  await new Promise((resolve) => setTimeout(resolve, scale.measureS * 1_000));
  const server = serverFigures(before, await serverState(product));
  const report = await sending;
  await product.settled();
  // The last records count once a later transaction is seen: a tick's.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await Promise.all([values.stop(), store.stop()]);
  return { log, values, store, report, fromMs, server };
}

/** Latencies of the events that were due in the measured seconds. */
async function latencies({ log, values, store, fromMs }: Watched): Promise<Figure[]> {
  const published: number[] = [];
  const stored: number[] = [];
  for await (const { timeMs, arrivals } of eventWays(log, NAME)) {
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
  about: `${RATE_PER_S} events/s over HTTP from another process, ${BATCH_EVENTS} per request, one request every ${EVERY_MS} ms whether answers come or not. Three KPIs: a count by hour; the 90th percentile of a duration over a rolling hour, every minute, by ${TEAMS} labels; open cases every minute. The hour before is imported first, so the rolling windows are full. An event counts from the moment it was due. Published: every value that it changes is on disk in the log, as a third process sees it. Stored: the rows of these values can be read with SQL, asked every 200 ms.`,
  async run(context) {
    const { folder, say } = context;
    say('importing the hour before');
    const csv = join(folder, 'history.csv');
    const nowMs = Date.now();
    await writeCsv({ path: csv, name: 'past', events: HISTORY_EVENTS, fromMs: nowMs - HOUR_MS, toMs: nowMs });
    await runTakt('import', folder, [csv, ...CSV_FLAGS]);
    const product = await Product.start(folder);
    try {
      const seen = await watched(context, product);
      const { report, server, log } = seen;
      say('following the events through the log');
      const figures: Figure[] = [
        { name: 'rate asked for', value: RATE_PER_S, unit: 'events/s' },
        {
          name: 'rate accepted',
          value: (report.accepted * 1_000) / report.durationMs,
          unit: 'events/s',
        },
        ...(await latencies(seen)),
        ...spread('from due to the answer 202, warm-up included', report.ackMs, 'ms'),
        ...spread('from due to sent, warm-up included', report.lateMs, 'ms'),
        ...server,
      ];
      await log.close();
      return figures;
    } finally {
      await product.stop();
    }
  },
};
