import type { Failures } from '../faulty.ts';
import type { Random } from '../random.ts';

/** What one seed is like: its values, and its owners. Seeds differ in kind, not only in dice. */
export interface AlertStyle extends Failures {
  /** How often a step publishes values. */
  readonly publishChance: number;
  readonly importChance: number;
  readonly lateChance: number;
  readonly repeatChance: number;
  readonly controlChance: number;
  readonly jumpChance: number;
  readonly teams: number;
  /** How likely a value is above the limit of the rules. */
  readonly highChance: number;
  readonly readRecordsMax: number;
  readonly takeOverChance: number;
  /** How likely an owner dies with a write that landed in part. */
  readonly tornChance: number;
  readonly zombieChance: number;
  readonly storeChance: number;
  readonly publishAfterStepChance: number;
  /** Most calls to log and store that return in one step: a restore makes dozens. */
  readonly callsPerStep: number;
  readonly firstsKnownMax: number;
  /** Rows that may wait for the store before an owner stops fetching. */
  readonly backlogRowsMax: number;
}

/**
 * Kinds of schedules that need several things at once, which independent draws hardly give: each is what one guard is
 * there for.
 */
/** Series come up all the time, and what is stored of them when their owner dies is half of it. */
const BIRTHS: Partial<AlertStyle> = {
  teams: 8,
  storeChance: 0.2,
  writeFailureChance: 0.25,
  takeOverChance: 0.01,
  tornChance: 0.7,
  zombieChance: 0,
  callsPerStep: 12,
  delayChance: 0,
  lateChance: 0.6,
};
/** Appends take long, and a store follows one that failed. */
const APPENDS_CROSS: Partial<AlertStyle> = {
  publishChance: 0.7,
  teams: 1,
  highChance: 0.5,
  lateChance: 0,
  importChance: 0,
  jumpChance: 0.1,
  storeChance: 0.5,
  publishAfterStepChance: 0.1,
  writeFailureChance: 0.6,
  ambiguousInsertChance: 0,
  delayChance: 0.4,
  callsPerStep: 4,
  takeOverChance: 0.005,
  zombieChance: 0,
};
/** Rules come and go where owners do. */
const RULES_CHANGE: Partial<AlertStyle> = {
  controlChance: 0.2,
  storeChance: 0.4,
  takeOverChance: 0.1,
  writeFailureChance: 0.3,
  callsPerStep: 12,
  delayChance: 0,
};
/** Rules begin while imports fill windows, and rows of unlike age survive. */
const RULES_IN_IMPORTS: Partial<AlertStyle> = {
  importChance: 0.4,
  controlChance: 0.1,
  teams: 3,
  storeChance: 0.2,
  takeOverChance: 0.01,
  tornChance: 0.7,
  zombieChance: 0,
  writeFailureChance: 0.25,
  callsPerStep: 12,
  delayChance: 0,
};

/** Draws the style of a seed. */
export function drawAlertStyle(random: Random): AlertStyle {
  const drawn = drawEach(random);
  return { ...drawn, ...random.pick([{}, {}, BIRTHS, APPENDS_CROSS, RULES_CHANGE, RULES_IN_IMPORTS]) };
}

function drawEach(random: Random): AlertStyle {
  return {
    publishChance: 0.35,
    importChance: random.pick([0, 0.03, 0.12]),
    lateChance: random.pick([0, 0.1, 0.3]),
    repeatChance: random.pick([0, 0.05, 0.15]),
    controlChance: random.pick([0, 0.02, 0.06]),
    jumpChance: random.pick([0, 0.02, 0.06]),
    teams: random.pick([1, 2, 3]),
    highChance: random.pick([0.3, 0.6, 0.85]),
    readRecordsMax: random.pick([1, 4, 20, Infinity]),
    takeOverChance: random.pick([0.005, 0.03, 0.1]),
    tornChance: random.pick([0, 0.2]),
    zombieChance: random.pick([0, 0.4, 0.9]),
    storeChance: random.pick([0.05, 0.2, 0.5]),
    publishAfterStepChance: 0.8,
    callsPerStep: random.pick([1, 4, 12]),
    writeFailureChance: random.pick([0.02, 0.1, 0.3]),
    ambiguousInsertChance: random.pick([0, 0, 0.2]),
    delayChance: random.pick([0, 0.1, 0.4]),
    firstsKnownMax: random.pick([0, 3, 1_000]),
    backlogRowsMax: random.pick([20, 200]),
  };
}
