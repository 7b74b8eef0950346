import { join } from 'node:path';
import type { Figure, Part } from './figure.ts';
import { foldsInProcess } from './fold-process.ts';

async function catchUp(cases: number, partitions: number, folder: string): Promise<Figure[]> {
  const { events, durationMs, cpuMs, peakBytes, logBytes, snapshots } = await foldsInProcess('catch-up-run', [
    cases,
    partitions,
    join(folder, String(partitions)),
  ]);
  const figure = (name: string, value: number, unit: string): Figure => ({
    name: `${partitions} partitions, ${name}`,
    value,
    unit,
  });
  return [
    figure('catch-up', (events * 1_000) / durationMs, 'events/s'),
    figure('processor time', cpuMs / (events / 1e6) / 1_000, 's per million events'),
    figure('snapshots of slices', snapshots, 'records'),
    figure('resident memory without the log, peak', (peakBytes - logBytes) / 1e6, 'MB'),
  ];
}

/** How fast the folds go through a log that is there. */
export const catchUpPart: Part = {
  name: 'catch-up',
  about:
    'Cases of 50 teams, opened and closed within six hours of event time, one event in a hundred twice, arrivals up to 30 s out of order; count, sum, min, max and p95 of the time to close by team and minute. The folds run in a process of their own over a log in its memory, with the archive in chDB; from starting them until every event and every value is stored. The values are compared with a batch computation.',
  async run({ scale: { events }, folder, say }) {
    const figures: Figure[] = [];
    for (const partitions of [12, 1]) {
      say(`${events} events in ${partitions} partitions`);
      figures.push(...(await catchUp(events / 2, partitions, folder)));
    }
    return figures;
  },
};
