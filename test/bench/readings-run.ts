// Readings of many series in a process of its own: node readings-run.js SERIES MINUTES WINDOW FOLDER; prints its figures.
import { type Folded, runFolds, WORKFLOW } from './fold-run.ts';
import { quantile } from './quantiles.ts';
import { readings } from './readings.ts';

/** Promised of a percentile. */
const ACCURACY = 0.01;
const CHECKED_SERIES = ['series-0', 'series-7'];

function catalogue(window: string): string {
  return JSON.stringify({
    version: 1,
    workflows: { [WORKFLOW]: { activities: ['read'], dimensions: ['team'], disorder: '1s', idle: '10s' } },
    kpis: {
      reading_p90: {
        name: 'Readings',
        workflow: WORKFLOW,
        measure: { event: 'read' },
        aggregate: 'p90',
        by: ['team'],
        window: { rolling: window, every: '1m' },
      },
    },
  });
}

/** Throws where a window of a few series is not the percentile of its readings. */
async function check({ store, catalogue: { kpis } }: Folded, series: number, minutes: number): Promise<void> {
  const { definition } = kpis.get('reading_p90')!;
  const values = await store.values({ definition: definition.hash });
  for (const team of CHECKED_SERIES) {
    const all = [...readings(series, minutes)].filter((reading) => reading.team === team);
    const rows = values.filter(({ labelMap, withdrawn }) => labelMap['team'] === team && !withdrawn);
    if (rows.length < minutes - 1) throw new Error(`${team}: ${rows.length} windows for ${minutes} minutes`);
    for (const { windowStartMs, windowEndMs, value, samples } of rows) {
      const inside = all.filter(({ timeMs }) => timeMs >= windowStartMs && timeMs < windowEndMs);
      const wanted = quantile(
        inside.map((reading) => reading.value).sort((a, b) => a - b),
        0.9,
      );
      if (samples !== inside.length || Math.abs((value ?? NaN) - wanted) > ACCURACY * wanted)
        throw new Error(`${team} up to ${windowEndMs}: ${value} of ${samples}, not ${wanted} of ${inside.length}`);
    }
  }
}

const [series, minutes, window, folder] = process.argv.slice(2);
const [count, length] = [Number(series), Number(minutes)];
const folded = await runFolds({
  catalogue: catalogue(window!),
  records: readings(count, length),
  partitions: 1,
  folder: folder!,
});
await check(folded, count, length);
await folded.store.close();
console.log(JSON.stringify(folded.result));
