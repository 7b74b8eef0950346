import { join } from 'node:path';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import { type Figure, type PartContext, spread } from './figure.ts';
import { type Product, runTakt } from './product.ts';
import { type PacedReport, send } from './send.ts';
import { serverFigures, serverState } from './server-figures.ts';
import { TEAMS } from './workload.ts';

export const RATE_PER_S = 5_000;
export const BATCH_EVENTS = 50;
export const EVERY_MS = (BATCH_EVENTS * 1_000) / RATE_PER_S;
/** Names the live stream: the ids of its events begin with it. */
export const LIVE_NAME = 'live';
const CONNECTIONS = 64;
const HOUR_MS = 3_600_000;
/** Events of the hour before: some in every minute of every team. */
const HISTORY_EVENTS = TEAMS * 60 * 40;
/** For the other process to make what it sends. */
const LEAD_MS = 10_000;

/** What was sent, and what takt used for it. Times are in milliseconds since 1970. */
export interface LiveLoad {
  readonly report: PacedReport;
  /** When the first batch was due, and when the measured seconds begin. */
  readonly startMs: number;
  readonly fromMs: number;
  readonly server: readonly Figure[];
}

/** Imports the hour before now, so that rolling windows are full. */
export async function importHourBefore({ folder, say }: PartContext): Promise<void> {
  say('importing the hour before');
  const path = join(folder, 'history.csv');
  const nowMs = Date.now();
  await writeCsv({ path, name: 'past', events: HISTORY_EVENTS, fromMs: nowMs - HOUR_MS, toMs: nowMs });
  await runTakt('import', folder, [path, ...CSV_FLAGS]);
}

/**
 * Sends 5,000 events/s for the seconds of the scale, a probe with every so many batches (null: none), and resolves once
 * all of it is in stored values.
 */
export async function liveLoad(
  { scale, say }: PartContext,
  product: Product,
  probeEvery: number | null,
): Promise<LiveLoad> {
  const startMs = Math.ceil((Date.now() + LEAD_MS) / 1_000) * 1_000;
  const fromMs = startMs + scale.warmUpS * 1_000;
  const batches = ((scale.warmUpS + scale.measureS) * 1_000) / EVERY_MS;
  const basics = { url: product.url, name: LIVE_NAME, batchEvents: BATCH_EVENTS, connections: CONNECTIONS };
  say(`${RATE_PER_S} events/s for ${scale.warmUpS} + ${scale.measureS} s`);
  const sending = send({ ...basics, kind: 'pace', startMs, batches, everyMs: EVERY_MS, probeEvery });
  await new Promise((resolve) => setTimeout(resolve, fromMs - Date.now()));
  const before = await serverState(product);
  await new Promise((resolve) => setTimeout(resolve, scale.measureS * 1_000));
  const server = serverFigures(before, await serverState(product));
  const report = await sending;
  await product.settled();
  // The last records count once a later transaction is seen: a tick's.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return { report, startMs, fromMs, server };
}

/** The rate that was asked for, the one that was accepted, and how late answers came. */
export function loadFigures({ report, server }: LiveLoad): Figure[] {
  return [
    { name: 'rate asked for', value: RATE_PER_S, unit: 'events/s' },
    { name: 'rate accepted', value: (report.accepted * 1_000) / report.durationMs, unit: 'events/s' },
    ...spread('from due to the answer 202, warm-up included', report.ackMs, 'ms'),
    ...spread('from due to sent, warm-up included', report.lateMs, 'ms'),
    ...server,
  ];
}
