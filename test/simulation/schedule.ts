import { ALL_STEPS, runSeed } from './run-seed.ts';
import type { Schedule } from './shrink-seed.ts';
import type { Style } from './style.ts';

/** The simulation of numbers, for shrinking. */
export const schedule: Schedule<Style> = {
  run: (seed, run) => runSeed(seed, {}, run),
  steps: ALL_STEPS,
  calmer: [
    { zombieChance: 0 },
    { delayChance: 0 },
    { ambiguousInsertChance: 0 },
    { writeFailureChance: 0 },
    { takeOverChance: 0 },
    { importChance: 0 },
    { amendChance: 0 },
    { tight: false },
    { limited: false },
    { fillEventsMax: 0 },
    { readRecordsMax: Infinity },
    { callsPerStep: 1 },
    { faster: null },
    { cases: 1 },
  ],
  folder: 'test/simulation/simulation.test.ts',
};
