import { type EventOrder, inOrder } from '../../shared/core/effective-events.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { versionOf } from '../../shared/core/version.ts';
import type { CaseRow } from '../../shared/ports/kpi-rows.ts';

/** The read model of a case that has these events, in the order in which they came. */
export function toCaseRow(
  events: readonly LoggedEvent[],
  order: EventOrder,
  partition: number,
  epoch: number,
): CaseRow {
  const event = events.at(-1)!;
  const effective = inOrder(events, order);
  const first = effective[0];
  const last = effective.at(-1);
  return {
    workflow: event.workflow,
    partition,
    caseId: event.caseId,
    firstMs: first?.timeMs ?? 0,
    lastMs: last?.timeMs ?? 0,
    firstActivity: first?.activity ?? '',
    lastActivity: last?.activity ?? '',
    events: effective.length,
    dimensions: dimensionsOf(effective),
    voided: effective.length === 0,
    version: versionOf(epoch, event.offset),
  };
}

/** The dimensions of a case: of each the last value. Where no event changes those of the first, they are the same object. */
function dimensionsOf(effective: readonly LoggedEvent[]): Readonly<Record<string, string>> {
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
