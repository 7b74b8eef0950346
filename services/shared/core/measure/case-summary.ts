import { type EventOrder, inOrder } from './effective-events.ts';
import type { LoggedEvent } from '../event.ts';

/** What people see of a case in a list. */
export interface CaseSummary {
  /** Milliseconds UTC, of the first and the last event that counts; 0 where none does. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstActivity: string;
  readonly lastActivity: string;
  /** How many events count. */
  readonly events: number;
  /** Of each dimension the last value. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Offset of the event that came last. */
  readonly offset: number;
}

/** Sums up the events of a case, given in the order in which they came; `order`: in which they count. */
export function summaryOf(events: readonly LoggedEvent[], order: EventOrder): CaseSummary {
  const effective = inOrder(events, order);
  const first = effective[0];
  const last = effective.at(-1);
  return {
    firstMs: first?.timeMs ?? 0,
    lastMs: last?.timeMs ?? 0,
    firstActivity: first?.activity ?? '',
    lastActivity: last?.activity ?? '',
    events: effective.length,
    dimensions: dimensionsOf(effective),
    offset: events.at(-1)!.offset,
  };
}

/** The dimensions of a case: of each the last value. Where no event changes those of the first, they are the same object. */
function dimensionsOf(effective: readonly LoggedEvent[]): CaseSummary['dimensions'] {
  const first = effective[0]?.dimensions ?? {};
  const changes = effective.some(({ dimensions }) => {
    for (const name in dimensions) if (first[name] !== dimensions[name]) return true;
    return false;
  });
  if (!changes) return first;
  const all = Object.create(null) as Record<string, string>;
  for (const { dimensions } of effective) for (const name in dimensions) all[name] = dimensions[name]!;
  return all;
}
