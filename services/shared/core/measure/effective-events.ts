import type { LoggedEvent } from '../event.ts';

/** Compares two events of a case. */
export type EventOrder = (a: LoggedEvent, b: LoggedEvent) => number;

/**
 * The order of a case's events: time, catalogue order of the activity (unlisted ones last, by name), id, and for
 * corrections of one target the append order. Never arrival order of ordinary events.
 */
export function eventOrder(rank: ReadonlyMap<string, number>): EventOrder {
  return (a, b) => {
    if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
    if (a.activity !== b.activity) {
      const left = rank.get(a.activity) ?? Infinity;
      const right = rank.get(b.activity) ?? Infinity;
      if (left !== right) return left < right ? -1 : 1;
      return a.activity < b.activity ? -1 : 1;
    }
    if (a.id !== b.id) return a.id < b.id ? -1 : 1;
    return a.offset - b.offset;
  };
}

/** Catalogue rank of each activity. */
export function activityRanks(activities: readonly string[]): ReadonlyMap<string, number> {
  return new Map(activities.map((activity, index) => [activity, index]));
}

/**
 * What is left of a case's events once corrections and withdrawals were applied: a function of their set and, for
 * several corrections of one target, of append order. Unsorted. A correction stands even before its target arrived;
 * a withdrawal also holds for a target that arrives later; a voided case stays void.
 */
export function effectiveEvents(events: readonly LoggedEvent[]): LoggedEvent[] {
  const voided = new Set<string>();
  for (const event of events) {
    if (event.kind !== 'void') continue;
    if (event.target === null) return [];
    voided.add(event.target);
  }
  const targets = new Map<string, string>();
  for (const event of events)
    if (event.kind === 'correct' && event.target !== null) targets.set(event.id, event.target);
  const corrections = new Map<string, LoggedEvent>();
  for (const event of events) {
    if (event.kind !== 'correct' || event.target === null || voided.has(event.id)) continue;
    const target = rootOf(event.target, targets);
    const before = corrections.get(target);
    if (before === undefined || before.offset < event.offset) corrections.set(target, event);
  }
  const result: LoggedEvent[] = [];
  for (const event of events) {
    if (event.kind !== 'event' || voided.has(event.id) || corrections.has(event.id)) continue;
    result.push(event);
  }
  for (const [target, correction] of corrections) {
    if (!voided.has(target)) result.push({ ...correction, id: target, kind: 'event' });
  }
  return result;
}

/** The events of a case that count, in order; the list itself where nothing is to be done. */
export function inOrder(events: readonly LoggedEvent[], order: EventOrder): readonly LoggedEvent[] {
  let amended = false;
  let ordered = true;
  for (let i = 0; i < events.length; i++) {
    amended ||= events[i]!.kind !== 'event';
    ordered &&= i === 0 || order(events[i - 1]!, events[i]!) <= 0;
  }
  if (amended) return effectiveEvents(events).sort(order);
  return ordered ? events : events.toSorted(order);
}

/** A correction of a correction corrects what that one corrected. Bounded, because targets may name each other. */
function rootOf(target: string, targets: ReadonlyMap<string, string>): string {
  let root = target;
  for (let steps = 0; steps < targets.size; steps++) {
    const next = targets.get(root);
    if (next === undefined) break;
    root = next;
  }
  return root;
}
