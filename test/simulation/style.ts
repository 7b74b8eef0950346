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
  /** The stages whose owners crash or are taken over from. */
  readonly crashing: readonly ('aggregate' | 'roll')[];
  /** The stage that is faster than the other one; null: both go alike. */
  readonly faster: 'aggregate' | 'roll' | null;
  /** Most calls to log and store that return in one step: a restore makes dozens. */
  readonly callsPerStep: number;
  /** How often an owner's turn is a store, by stage. */
  readonly storeChance: { readonly aggregate: number; readonly roll: number };
  readonly writeFailureChance: number;
  readonly ambiguousInsertChance: number;
  readonly delayChance: number;
  /** How often a step appends an event. */
  readonly eventChance: number;
  readonly amendChance: number;
  readonly importChance: number;
  readonly tickChance: number;
  readonly cases: number;
  readonly minutes: number;
  /** Rows that may wait for the store before an owner stops fetching. */
  readonly backlogRowsMax: number;
  /** Whether memory holds as little as possible. */
  readonly tight: boolean;
  /** Events that one fill of a new definition brings in; 0: definitions come into force whole. */
  readonly fillEventsMax: number;
  /** How often a step cuts the past off, or drops what expired; 0: there is no retention. */
  readonly cutChance: number;
  /** What changes is no catalogue: a record puts a definition out of force that its owners have to bring back; absent: no. */
  readonly refills?: boolean;
  /** After this step nothing is appended any more. */
  readonly lastAppendStep: number;
  /** Whether only one label set of each KPI keeps its labels. */
  readonly limited: boolean;
  /** The KPIs in force at the start; absent: all. */
  readonly kpis?: readonly string[];
}

/**
 * Kinds of schedules that need several things at once, which independent draws hardly give: each is what one guard
 * between the stages is there for.
 */
const ROLL_AHEAD: Partial<Style> = {
  storeChance: { aggregate: 0.03, roll: 0.6 },
  tight: true,
  zombieChance: 0,
  takeOverChance: 0.004,
};
const MARKS_APART: Partial<Style> = {
  storeChance: { aggregate: 0.03, roll: 0.6 },
  readRecordsMax: 1,
  callsPerStep: 6,
  faster: 'roll',
  takeOverChance: 0.04,
  zombieChance: 0,
  crashing: ['roll'],
};
const APPENDS_CROSS: Partial<Style> = {
  storeChance: { aggregate: 0.2, roll: 0.2 },
  callsPerStep: 6,
  takeOverChance: 0.004,
  ambiguousInsertChance: 0,
  delayChance: 0.4,
  eventChance: 0.4,
};
const VALUES_WAIT: Partial<Style> = {
  storeChance: { aggregate: 0.5, roll: 0.04 },
  callsPerStep: 6,
  tight: true,
};

/** KPIs that may go and come back where the past is cut off: they wait for nothing, so no case is open because of them. */
export const RETENTION_CHANGING: readonly string[] = ['work_sum', 'work_max', 'work_p90', 'work_last', 'work_count'];
/** The KPIs of schedules with retention: windows of three minutes, levels and a total. */
export const RETENTION_KPIS: readonly string[] = [
  ...RETENTION_CHANGING,
  'resolution',
  'waits',
  'in_time',
  'open',
  'open_worth',
  'large',
];
/** Time passes faster than elsewhere, so that much of it is cut off. */
export const RETENTION: Partial<Style> = { cutChance: 0.12, tickChance: 0.2, minutes: 8, eventChance: 0.25 };

/** Draws the style of a seed. */
export function drawStyle(random: Random, steps: number): Style {
  const drawn = drawEach(random, steps);
  return {
    ...drawn,
    ...random.pick([{}, {}, {}, {}, {}, {}, ROLL_AHEAD, MARKS_APART, APPENDS_CROSS, VALUES_WAIT, VALUES_WAIT]),
  };
}

function drawEach(random: Random, steps: number): Style {
  const storeChance = { aggregate: random.pick([0.04, 0.25, 0.5]), roll: random.pick([0.1, 0.25, 0.6]) };
  return {
    readRecordsMax: random.pick([1, 2, 8, 40, Infinity]),
    takeOverChance: random.pick([0.004, 0.02, 0.06]),
    zombieChance: random.pick([0, 0.4, 0.9]),
    crashing: random.pick([['aggregate'], ['roll'], ['aggregate', 'roll'], ['aggregate', 'roll']] as const),
    faster: random.pick([null, null, 'aggregate', 'roll']),
    callsPerStep: random.pick([1, 1, 6]),
    storeChance,
    writeFailureChance: random.pick([0.01, 0.06, 0.15]),
    ambiguousInsertChance: random.pick([0, 0, 0.2]),
    delayChance: random.pick([0, 0.1, 0.4]),
    eventChance: random.pick([0.12, 0.12, 0.3]),
    amendChance: random.pick([0.02, 0.12, 0.4]),
    importChance: random.pick([0, 0.02, 0.04]),
    tickChance: random.pick([0.005, 0.03, 0.08]),
    cases: random.pick([1, 3, 5, 12]),
    minutes: random.pick([2, 8, 20]),
    backlogRowsMax: 5 + random.below(40),
    tight: random.chance(0.3),
    fillEventsMax: random.pick([0, 1, 3, 8]),
    cutChance: 0,
    limited: false,
    lastAppendStep: random.chance(0.5) ? steps : Math.floor(steps * (0.3 + 0.6 * random.next())),
  };
}
