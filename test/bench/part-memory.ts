import { join } from 'node:path';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import type { Part } from './figure.ts';
import { Product, runTakt } from './product.ts';

const DAY_MS = 86_400_000;

/** Memory with very many open cases, and start-up on what they leave. */
export const memoryPart: Part = {
  name: 'memory',
  about:
    'Cases that are opened over one day and never closed are imported through a running takt; its resident memory at its peak and once every value is stored. Then takt is stopped and started again on that data directory. The KPIs are those of the latency part.',
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
    const second = await Product.start(data);
    const again = second.memory();
    await second.stop();
    const megabytes = (name: string, bytes: number) => ({ name, value: bytes / 1e6, unit: 'MB' });
    return [
      { name: 'open cases', value: openCases, unit: 'cases' },
      megabytes('resident memory, empty', empty.nowBytes),
      megabytes('resident memory, peak', full.peakBytes),
      megabytes('resident memory, all stored', full.nowBytes),
      megabytes('resident memory, peak of a start', again.peakBytes),
      { name: 'start-up on that directory, until ready', value: second.readyMs / 1_000, unit: 's' },
    ];
  },
};
