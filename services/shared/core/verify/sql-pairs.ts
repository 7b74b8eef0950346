import type { Selector } from '../definition.ts';
import type { EventSql } from './sql-event.ts';

/**
 * SQL of the pairs of a case's `events`, an array of (entry, exit). One event may be both, except where each entry is
 * paired with each exit in order: there an event that is both closes an earlier entry and opens the next.
 * - first, last: that entry alone, with the first exit from it on, with the last one, or with each.
 * - each: every entry, with the next exit from it on or with the last one; or in order, first in, first out.
 * `closesOnce`: an entry ends with its first exit, also where each is asked for. Throws NotChecked.
 */
export function pairsSql(from: Selector, to: Selector, sql: EventSql, closesOnce: boolean): string {
  if (from.occurrence === 'each' && to.occurrence === 'each') return inOrder(from, to, sql);
  const entries = sql.picked(from);
  const paired = `p.1.i > 0 AND p.2.i >= p.1.i AND ${sql.selects('p.2', to)}`;
  if (to.occurrence === 'last') {
    const exit = `${sql.picked(to)}[-1]`;
    return `arrayFilter(p -> ${paired}, arrayMap(f -> (f, ${exit}), ${entries}))`;
  }
  if (to.occurrence === 'each' && !closesOnce) {
    const entry = `${entries}[1]`;
    return `arrayFilter(p -> ${paired}, arrayMap(x -> (${entry}, x), ${sql.picked(to)}))`;
  }
  // Beside each event the first exit from it on; the last event where there is none.
  const next = `arrayReverseFill(e -> ${sql.selects('e', to)}, events)`;
  const entering = `arrayFilter(p -> ${sql.selects('p.1', from)}, arrayZip(events, ${next}))`;
  return `arrayFilter(p -> ${paired}, ${sliced(entering, from)})`;
}

function sliced(array: string, { occurrence }: Selector): string {
  return occurrence === 'each' ? array : `arraySlice(${array}, ${occurrence === 'first' ? 1 : -1}, 1)`;
}

/** The nth exit that finds an entry waiting belongs to the nth entry; how many wait never falls below zero. */
function inOrder(from: Selector, to: Selector, sql: EventSql): string {
  const stepsOf = `e -> arrayFilter(s -> s != 0, [if(${sql.selects('e', to)}, toInt8(-1), toInt8(0)), if(${sql.selects('e', from)}, toInt8(1), toInt8(0))])`;
  const steps = `arrayFlatten(arrayMap(${stepsOf}, events))`;
  const waitingBefore = `arrayPopBack(arrayPushFront(arrayCumSumNonNegative(${steps}), 0))`;
  const waitingAtExits = `arrayFilter((waiting, s) -> s = -1, ${waitingBefore}, ${steps})`;
  const exits = `arrayFilter((x, waiting) -> waiting > 0, ${sql.picked(to)}, ${waitingAtExits})`;
  return `arrayZip(arraySlice(${sql.picked(from)}, 1, length(${exits})), ${exits})`;
}
