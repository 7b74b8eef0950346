import type { Schedule } from '../shrink-seed.ts';
import { ALL_STEPS, runAlertSeed } from './run-seed.ts';
import type { AlertStyle } from './style.ts';

/** The simulation of alerts, for shrinking. */
export const schedule: Schedule<AlertStyle> = {
  run: (seed, run) => runAlertSeed(seed, {}, run),
  steps: ALL_STEPS,
  calmer: [
    { zombieChance: 0 },
    { delayChance: 0 },
    { ambiguousInsertChance: 0 },
    { writeFailureChance: 0 },
    { takeOverChance: 0 },
    { tornChance: 0 },
    { importChance: 0 },
    { lateChance: 0 },
    { repeatChance: 0 },
    { controlChance: 0 },
    { jumpChance: 0 },
    { teams: 1 },
    { readRecordsMax: Infinity },
  ],
  folder: 'test/simulation/alert/simulation.test.ts',
};
