import { join } from 'node:path';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import type { Part } from './figure.ts';
import { Product, runTakt } from './product.ts';
import { median } from './quantiles.ts';

const DAY_MS = 86_400_000;

async function readyMs(data: string): Promise<number> {
  const product = await Product.start(data);
  await product.stop();
  return product.readyMs;
}

/** How long a start takes. */
export const startUpPart: Part = {
  name: 'start-up',
  about:
    'From starting the process until /readyz answers 200, the median of several starts: on a directory that does not exist yet, and on one that holds an import of one day and was stopped cleanly.',
  async run({ scale: { events, starts }, folder, say }) {
    const empty: number[] = [];
    const populated: number[] = [];
    for (let i = 0; i < starts; i++) empty.push(await readyMs(join(folder, `empty-${i}`)));
    const data = join(folder, 'data');
    const path = join(folder, 'events.csv');
    const toMs = Date.now();
    say(`importing ${events} events`);
    await writeCsv({ path, name: 'start-up', events, fromMs: toMs - DAY_MS, toMs });
    await runTakt('import', data, [path, ...CSV_FLAGS]);
    for (let i = 0; i < starts; i++) populated.push(await readyMs(data));
    return [
      { name: 'starts of each kind', value: starts, unit: 'starts' },
      { name: 'start-up, empty', value: median(empty) / 1_000, unit: 's' },
      { name: `start-up with events`, value: median(populated) / 1_000, unit: 's' },
      { name: 'those events', value: events, unit: 'events' },
    ];
  },
};
