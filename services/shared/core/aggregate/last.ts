import type { Amount } from './amount.ts';
import type { ByteReader, ByteWriter } from '../bytes/bytes.ts';
import type { LoggedEvent } from '../event.ts';

/** How many of the latest readings a last keeps: each stands with the names of its event. */
export const LAST_KEPT_MAX = 8;

/** Where an event stands among all of a workflow: its case's order of events, and the case where all else is equal. */
export interface EventPlace {
  readonly timeMs: number;
  /** In the catalogue's order of activities; those that it does not list are behind all others, by name. */
  readonly rank: number;
  /** Empty where the catalogue lists it. */
  readonly activity: string;
  readonly id: string;
  readonly caseId: string;
}

/** A value, and the event that had it. */
export interface Reading extends EventPlace {
  readonly amount: Amount;
}

/**
 * The latest readings of a slice, as an extreme keeps the outermost values: taking back needs them, and a boundary. Once
 * a reading was dropped, one that is no later is only counted, never kept.
 */
export interface LastState {
  readonly kind: 'last';
  n: number;
  /** Latest first. */
  kept: Reading[];
  /** The latest reading ever dropped, or null. */
  boundary: Reading | null;
}

/** Gives the place of events of a workflow whose catalogue lists these activities in this order. */
export function placesAmong(activities: readonly string[]): (event: LoggedEvent) => EventPlace {
  const ranks = new Map(activities.map((activity, rank) => [activity, rank]));
  return ({ timeMs, activity, id, caseId }) => {
    const rank = ranks.get(activity);
    if (rank !== undefined) return { timeMs, rank, activity: '', id, caseId };
    return { timeMs, rank: activities.length, activity, id, caseId };
  };
}

/** Adds (`sign` 1) or takes back (-1) a reading. False: readings are left but none is kept, rebuild from the archive. */
export function addToLast(state: LastState, reading: Reading, sign: 1 | -1): boolean {
  state.n += sign;
  if (state.n === 0) {
    state.kept = [];
    state.boundary = null;
    return true;
  }
  const { kept, boundary } = state;
  if (boundary !== null && compare(reading, boundary) <= 0) return kept.length > 0;
  let at = 0;
  while (at < kept.length && compare(kept[at]!, reading) > 0) at++;
  if (sign === 1) {
    kept.splice(at, 0, reading);
    if (kept.length > LAST_KEPT_MAX) state.boundary = kept.pop()!;
  } else {
    if (at === kept.length || compare(kept[at]!, reading) !== 0)
      throw new Error('a reading was taken back from a last that never held it');
    kept.splice(at, 1);
  }
  return kept.length > 0;
}

/** Takes the latest reading of another slice or partition; only for reading, the result cannot take back. */
export function mergeLast(into: LastState, from: LastState): void {
  into.n += from.n;
  const latest = from.kept[0];
  if (latest === undefined) return;
  const mine = into.kept[0];
  if (mine === undefined || compare(latest, mine) > 0) into.kept = [latest];
}

/** Writes a state behind its `n`. */
export function writeLast(out: ByteWriter, { kept, boundary }: LastState): void {
  out.integer(boundary === null ? 0 : 1);
  out.integer(kept.length);
  for (const { timeMs, rank, activity, id, caseId, amount } of boundary === null ? kept : [boundary, ...kept])
    out.integer(timeMs).integer(rank).text(activity).text(id).text(caseId).integer(amount);
}

/** Reads what `writeLast` wrote into a state that is empty but for its `n`. */
export function readLast(input: ByteReader, state: LastState): void {
  const bounded = input.integer() === 1;
  const length = input.integer();
  const read = (): Reading => ({
    timeMs: input.integer(),
    rank: input.integer(),
    activity: input.text(),
    id: input.text(),
    caseId: input.text(),
    amount: input.amount(),
  });
  if (bounded) state.boundary = read();
  for (let i = 0; i < length; i++) state.kept.push(read());
}

/** Above 0: `a` is the later one. Amounts only differ where one takes the place of the other. */
function compare(a: Reading, b: Reading): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.activity !== b.activity) return a.activity > b.activity ? 1 : -1;
  if (a.id !== b.id) return a.id > b.id ? 1 : -1;
  if (a.caseId !== b.caseId) return a.caseId > b.caseId ? 1 : -1;
  return a.amount === b.amount ? 0 : a.amount > b.amount ? 1 : -1;
}
