import type { Run } from './run.ts';
import { shrink } from './shrink.ts';

/** Of each list of parts: with the simulation of numbers some twenty seconds. */
const TRIES_MAX = 600;
const STORY_LINES_MAX = 200;

/** Random schedules that can be run in part. */
export interface Schedule<Style> {
  /** Gives what is wrong. */
  run(seed: number, run: Run<Style>): Promise<readonly string[]>;
  readonly steps: readonly number[];
  /** What may not be needed for it to fail, each tried alone. */
  readonly calmer: readonly Partial<Style>[];
  /** Where its tests are. */
  readonly folder: string;
}

/** The least of a failing schedule that still fails. */
interface Shrunk<Style> {
  readonly wrong: readonly string[];
  readonly run: Run<Style> & { readonly steps: readonly number[] };
}

/** Shrinks a failing schedule: fewer steps, fewer KPIs, fewer kinds of faults. */
export async function shrinkSeed<Style>(
  schedule: Schedule<Style>,
  seed: number,
  failing: Run<Style>,
): Promise<Shrunk<Style>> {
  let run = { ...failing, steps: failing.steps ?? schedule.steps };
  const fails = async (tried: Run<Style>): Promise<boolean> => (await schedule.run(seed, tried)).length > 0;
  const fewerSteps = async (): Promise<void> => {
    run = { ...run, steps: await shrink(run.steps, (steps) => fails({ ...run, steps }), TRIES_MAX) };
  };
  await fewerSteps();
  if (run.kpis !== undefined)
    run = { ...run, kpis: await shrink(run.kpis, (kpis) => fails({ ...run, kpis }), TRIES_MAX) };
  for (const calm of schedule.calmer) {
    const tried = { ...run, style: { ...run.style, ...calm } as Partial<Style> };
    if (await fails(tried)) run = tried;
  }
  // Without those faults more steps are idle.
  await fewerSteps();
  return { wrong: await schedule.run(seed, run), run };
}

/** What went wrong in a seed and how, as short as it can be told; empty: nothing did. */
export async function tellSeed<Style>(
  schedule: Schedule<Style>,
  seed: number,
  wrong: readonly string[],
  failing: Run<Style>,
): Promise<string> {
  if (wrong.length === 0) return '';
  const shrunk = await shrinkSeed(schedule, seed, failing);
  const { steps, style, kpis } = shrunk.run;
  const story: string[] = [];
  await schedule.run(seed, { ...shrunk.run, tell: (line) => story.push(line) });
  return [
    `again with TAKT_FIRST_SEED=${seed} TAKT_SEEDS=1 npx vitest run ${schedule.folder}`,
    ...wrong,
    `shrunk to ${steps.length} of ${schedule.steps.length} steps, with ${JSON.stringify({ ...style, kpis })}:`,
    ...story.slice(0, STORY_LINES_MAX),
    'and then, when all had caught up:',
    ...shrunk.wrong,
  ].join('\n');
}
