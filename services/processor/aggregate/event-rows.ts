import type { EventRow } from '../../shared/ports/kpi-store.ts';
import { formatDecimal, parseDecimal } from '../../shared/core/decimal.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { versionOf } from '../../shared/core/version.ts';

/** The archive's row of an event. */
export function toEventRow(event: LoggedEvent, partition: number, epoch: number): EventRow {
  const { appendMs, offset, value, ...rest } = event;
  return {
    ...rest,
    partition,
    appendMs,
    offset,
    value: value === null ? null : formatDecimal(value),
    version: versionOf(epoch, offset),
  };
}

/** The event of an archive's row. */
export function fromEventRow(row: EventRow): LoggedEvent {
  const { workflow, caseId, id, kind, activity, timeMs, dimensions, target, importId, offset, appendMs } = row;
  const value = row.value === null ? null : parseDecimal(row.value);
  return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs };
}
