import { join } from 'node:path';
import type { Figure, Part } from './figure.ts';
import { foldsInProcess } from './fold-process.ts';

const KPIS = [1, 10, 50];

/** What further KPIs of one workflow cost. */
export const kpisPart: Part = {
  name: 'kpis',
  about:
    'The folds go through the events of the catch-up part, over one partition, with 1, 10 and 50 KPIs of their workflow: percentiles, counts, means, shares within a limit, ratios, conversions, distinct cases, over a minute, five minutes, an hour (rolling and by the clock) and a day, every other one by team. The first is the same in all three and compared with a batch computation.',
  async run({ scale: { events }, folder, say }) {
    const figures: Figure[] = [];
    let alone = NaN;
    for (const kpis of KPIS) {
      say(`${events / 2} events, ${kpis} KPIs`);
      const {
        events: read,
        durationMs,
        cpuMs,
      } = await foldsInProcess('catch-up-run', [events / 4, 1, join(folder, String(kpis)), kpis]);
      const perS = (read * 1_000) / durationMs;
      if (kpis === KPIS[0]) alone = perS;
      const figure = (name: string, value: number, unit: string): Figure => ({
        name: `${kpis} KPIs, ${name}`,
        value,
        unit,
      });
      figures.push(
        figure('throughput', perS, 'events/s'),
        figure('throughput, of that with one', perS / alone, 'times'),
        figure('processor time', cpuMs / (read / 1e6) / 1_000, 's per million events'),
      );
    }
    return figures;
  },
};
