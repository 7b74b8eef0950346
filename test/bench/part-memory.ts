import { join } from 'node:path';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import type { Part } from './figure.ts';
import { Product, runTakt } from './product.ts';
import { cloudEvent } from './workload.ts';

const DAY_MS = 86_400_000;
const POLL_MS = 20;
const COUNT_VERSION = "SELECT toString(max(version)) AS version FROM `values` WHERE kpi = 'events_count'";

/** Sends an event that opens a case; resolves with the monotonic time, in ms, at which SQL gives a value that counts it. */
async function nextValueMs(product: Product): Promise<number> {
  const version = async (): Promise<bigint> => {
    const [row] = await product.query<{ readonly version: string }>(COUNT_VERSION);
    return BigInt(row!.version);
  };
  const before = await version();
  const event = { id: 'restored', caseId: 'restored', activity: 'opened', team: 'team-00' } as const;
  const body = JSON.stringify([cloudEvent(event, Date.now())]);
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const answer = await fetch(`${product.url}/v1/events?workflow=bench`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  while ((await version()) <= before) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return performance.now();
}

/** Memory with very many open cases, and start-up on what they leave. */
export const memoryPart: Part = {
  name: 'memory',
  about:
    'Cases that are opened over one day and never closed are imported through a running takt; its resident memory at its peak and once every value is stored. Then takt is stopped and started again on that data directory, and gets an event as soon as it is ready, which opens one more case: the first new value is the row that counts it, as SQL gives it. The KPIs are those of the latency part.',
  async run({ scale: { openCases }, folder, say }) {
    const data = join(folder, 'data');
    const path = join(folder, 'events.csv');
    const toMs = Date.now();
    await writeCsv({ path, name: 'memory', events: openCases, fromMs: toMs - DAY_MS, toMs, openCases });
    const first = await Product.start(data);
    const empty = first.memory();
    say(`opening ${openCases} cases`);
    try {
      await runTakt('import', data, [path, ...CSV_FLAGS]);
    } catch (error) {
      await first.stop();
      throw error;
    }
    const full = first.memory();
    await first.stop();
    say('starting again');
    const startMs = performance.now();
    const second = await Product.start(data);
    const firstValueMs = (await nextValueMs(second)) - startMs;
    const again = second.memory();
    await second.stop();
    const megabytes = (name: string, bytes: number) => ({ name, value: bytes / 1e6, unit: 'MB' });
    return [
      { name: 'open cases', value: openCases, unit: 'cases' },
      megabytes('resident memory, empty', empty.nowBytes),
      megabytes('resident memory, peak', full.peakBytes),
      megabytes('resident memory, all stored', full.nowBytes),
      {
        name: 'memory per open case',
        value: (full.nowBytes - empty.nowBytes) / openCases,
        unit: 'bytes',
      },
      megabytes('resident memory, peak of a start', again.peakBytes),
      { name: 'start-up on that directory, until ready', value: second.readyMs / 1_000, unit: 's' },
      { name: 'start on that directory, until the first new value', value: firstValueMs / 1_000, unit: 's' },
    ];
  },
};
