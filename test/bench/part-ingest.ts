import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure, Part, PartContext } from './figure.ts';
import { folderBytes } from './folder-bytes.ts';
import { Product } from './product.ts';
import { send } from './send.ts';

const DAY_MS = 86_400_000;
const BATCH_EVENTS = 500;
const CONNECTIONS = 8;

async function ingest({ scale: { events }, folder, say }: PartContext): Promise<Figure[]> {
  const product = await Product.start(folder);
  try {
    say(`sending ${events} events`);
    const startMs = performance.now();
    const toMs = Date.now();
    const basics = { url: product.url, name: 'ingest', batchEvents: BATCH_EVENTS, connections: CONNECTIONS };
    const report = await send({ ...basics, kind: 'flood', events, fromMs: toMs - DAY_MS, toMs });
    say('waiting for the values');
    await product.settled();
    const allMs = performance.now() - startMs;
    return [
      { name: 'events', value: report.accepted, unit: 'events' },
      { name: 'ingest, acknowledged', value: (report.accepted * 1_000) / report.durationMs, unit: 'events/s' },
      { name: 'ingest, text acknowledged', value: report.bytes / 1e3 / report.durationMs, unit: 'MB/s' },
      { name: 'ingest until every value is stored', value: (report.accepted * 1_000) / allMs, unit: 'events/s' },
    ];
  } finally {
    await product.stop();
  }
}

async function catchUp({ scale: { events }, folder, say }: PartContext): Promise<Figure[]> {
  say('starting without the store');
  await rm(join(folder, 'store'), { recursive: true });
  const startMs = performance.now();
  const product = await Product.start(folder);
  try {
    await product.settled();
    const durationMs = performance.now() - startMs;
    const [row] = await product.query<{ n: number }>(
      "SELECT toUInt32(count()) AS n FROM events FINAL WHERE workflow != 'takt'",
    );
    if (row?.n !== events) throw new Error(`the archive has ${row?.n} of ${events} events`);
    return [
      { name: 'catch-up, start to all stored', value: durationMs / 1_000, unit: 's' },
      { name: 'catch-up', value: (events * 1_000) / durationMs, unit: 'events/s' },
      { name: 'resident memory while catching up, peak', value: product.memory().peakBytes / 1e6, unit: 'MB' },
    ];
  } finally {
    await product.stop();
  }
}

/** Throughput over HTTP, disk per event, and catching up with the log that it leaves. */
export const ingestPart: Part = {
  name: 'ingest',
  about: `CloudEvents in batches of ${BATCH_EVENTS} from another process over ${CONNECTIONS} connections, as fast as they are acknowledged; their times are spread over one day. Acknowledged means on disk in the log. Disk is what log and store take after the process has ended, per event. Catch-up: the store is deleted and takt is started on the full log; from starting the process until every event is in the archive and every value stored, start-up included. The KPIs are those of the latency part.`,
  async run(context) {
    const { folder, scale } = context;
    const figures = await ingest(context);
    const perEvent = async (part: string): Promise<number> => (await folderBytes(join(folder, part))) / scale.events;
    figures.push(
      { name: 'disk, log', value: await perEvent('log'), unit: 'bytes/event' },
      { name: 'disk, store', value: await perEvent('store'), unit: 'bytes/event' },
    );
    return [...figures, ...(await catchUp(context))];
  },
};
