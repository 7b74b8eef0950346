import type { Random } from './random.ts';

/**
 * What one seed is like. Seeds that differ in kind, not only in dice, reach states that an average one never does
 * (swarm testing: Groce et al., ISSTA 2012).
 */
export interface Style {
  /** Most records one read gives: a batch may end anywhere, between a snapshot and its mark too. */
  readonly readRecordsMax: number;
  readonly takeOverChance: number;
  readonly zombieChance: number;
  /** How often an owner's turn is a store, by stage. */
  readonly storeChance: { readonly aggregate: number; readonly roll: number };
  readonly writeFailureChance: number;
  readonly ambiguousInsertChance: number;
  readonly amendChance: number;
  readonly importChance: number;
  readonly tickChance: number;
  readonly cases: number;
  readonly minutes: number;
  /** Rows that may wait for the store before an owner stops fetching. */
  readonly backlogRowsMax: number;
  /** Whether memory holds as little as possible. */
  readonly tight: boolean;
  /** After this step nothing is appended any more. */
  readonly lastAppendStep: number;
}

/** Draws the style of a seed. */
export function drawStyle(random: Random, steps: number): Style {
  const storeChance = { aggregate: random.pick([0.04, 0.25, 0.5]), roll: random.pick([0.1, 0.25, 0.6]) };
  return {
    readRecordsMax: random.pick([2, 8, 40, Infinity]),
    takeOverChance: random.pick([0.004, 0.02, 0.06]),
    zombieChance: random.pick([0, 0.4, 0.9]),
    storeChance,
    writeFailureChance: random.pick([0.01, 0.06, 0.15]),
    ambiguousInsertChance: random.pick([0, 0, 0.2]),
    amendChance: random.pick([0.02, 0.12, 0.4]),
    importChance: random.pick([0, 0.02, 0.04]),
    tickChance: random.pick([0.005, 0.03, 0.08]),
    cases: random.pick([1, 3, 5, 12]),
    minutes: random.pick([2, 8, 20]),
    backlogRowsMax: 5 + random.below(40),
    tight: random.chance(0.3),
    lastAppendStep: random.chance(0.5) ? steps : Math.floor(steps * (0.3 + 0.6 * random.next())),
  };
}
