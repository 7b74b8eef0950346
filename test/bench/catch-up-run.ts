// One catch-up in a process of its own: node catch-up-run.js CASES PARTITIONS FOLDER [KPIS]; prints its figures as JSON.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CatchUpWorkload } from './catch-up-workload.ts';
import { checkMinutes, MINUTE_KPIS, type MinuteValue, timesByMinute } from './expected-minutes.ts';
import { type Folded, runFolds } from './fold-run.ts';
import { manyKpis } from './many-kpis.ts';
import { packageRoot } from './package-root.ts';

/** Throws where a value is not what the batch computation gives. */
async function check({ store, catalogue }: Folded, workload: CatchUpWorkload): Promise<void> {
  const values: MinuteValue[] = [];
  for (const { definition } of catalogue.kpis.values()) {
    if (!MINUTE_KPIS.includes(definition.kpi)) continue;
    for (const { kpi, labelMap, windowStartMs, value, samples } of await store.values({ definition: definition.hash }))
      values.push({ kpi, team: labelMap['team'] ?? '', startMs: windowStartMs, value, samples });
  }
  const present = MINUTE_KPIS.filter((kpi) => catalogue.kpis.has(kpi));
  checkMinutes(values, timesByMinute(workload.cases()), present);
}

const [cases, partitions, folder, kpis] = process.argv.slice(2);
const workload = new CatchUpWorkload(Number(cases));
const folded = await runFolds({
  catalogue:
    kpis === undefined
      ? readFileSync(join(packageRoot, 'test', 'bench', 'catch-up.yaml'), 'utf8')
      : manyKpis(Number(kpis)),
  records: workload.records(),
  partitions: Number(partitions),
  folder: folder!,
});
await check(folded, workload);
await folded.store.close();
console.log(JSON.stringify(folded.result));
