import { join } from 'node:path';
import type { Figure, Part } from './figure.ts';
import { foldsInProcess } from './fold-process.ts';

const ROLLING_SERIES = 1_000;
const ROLLING_MINUTES = 25 * 60;
const MANY = { series: 100_000, minutes: 2 };

/** Memory of many series, and of percentiles over a long rolling window. */
export const seriesPart: Part = {
  name: 'series',
  about:
    'Readings that come once per minute and series, folded over one partition with the archive in chDB; the log in memory is not counted. The 90th percentile of each series over 24 rolling hours, every minute, over 25 hours of 1,000 series: the values of two series are compared with the readings. And over one rolling hour of 100,000 series with two readings each, less the memory of the same with 1,000 series: what one more series takes while it changes.',
  async run({ scale: { events }, folder, say }) {
    const shrink = events >= 1_000_000 ? 1 : 50;
    const series = ROLLING_SERIES / shrink;
    say(`${series} series over ${ROLLING_MINUTES} minutes`);
    const rolling = await foldsInProcess('readings-run', [series, ROLLING_MINUTES, '24h', join(folder, 'rolling')]);
    const many = MANY.series / shrink;
    say(`${many} series`);
    const few = await foldsInProcess('readings-run', [many / 100, MANY.minutes, '1h', join(folder, 'few')]);
    const all = await foldsInProcess('readings-run', [many, MANY.minutes, '1h', join(folder, 'many')]);
    const own = (result: typeof all): number => result.peakBytes - result.logBytes;
    const figures: Figure[] = [
      { name: 'series of the rolling day', value: series, unit: 'series' },
      { name: 'rolling day, resident memory, peak', value: own(rolling) / 1e6, unit: 'MB' },
      // Each reading is one and makes the value of its minute.
      { name: 'rolling day, throughput', value: (rolling.events * 1_000) / rolling.durationMs, unit: 'events/s' },
      { name: 'memory per live series', value: (own(all) - own(few)) / (many - many / 100), unit: 'bytes' },
    ];
    return figures;
  },
};
