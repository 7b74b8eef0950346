import { join } from 'node:path';
import { CSV_FLAGS, writeCsv } from './csv-file.ts';
import type { Part } from './figure.ts';
import { runTakt } from './product.ts';

const DAY_MS = 86_400_000;

/** Throughput of `takt import` straight into an empty data directory. */
export const importPart: Part = {
  name: 'import',
  about:
    'One run of `takt import` of a generated CSV file into an empty data directory, from starting the process to its end: every event is then in the archive and every value stored. The events are those of one day; the KPIs are those of the latency part.',
  async run({ scale: { events }, folder, say }) {
    const path = join(folder, 'events.csv');
    const toMs = Date.now();
    say(`writing ${events} events`);
    const bytes = await writeCsv({ path, name: 'import', events, fromMs: toMs - DAY_MS, toMs });
    say('importing');
    const durationMs = await runTakt('import', join(folder, 'data'), [path, ...CSV_FLAGS]);
    return [
      { name: 'events', value: events, unit: 'events' },
      { name: 'import, start to end of the process', value: durationMs / 1_000, unit: 's' },
      { name: 'import, events', value: (events * 1_000) / durationMs, unit: 'events/s' },
      { name: 'import, text', value: bytes / 1e3 / durationMs, unit: 'MB/s' },
    ];
  },
};
