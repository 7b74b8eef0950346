import type { EventRow } from '../../shared/ports/kpi-rows.ts';
import { formatDecimal, parseDecimal } from '../../shared/core/decimal.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import { versionOf } from '../../shared/core/version.ts';

/** The archive's row of an event. */
export function toEventRow(event: LoggedEvent, partition: number, epoch: number): EventRow {
  // Field by field: this is done for every event, and spreading takes several times as long.
  const { workflow, caseId, id, kind, activity, timeMs, dimensions, target, importId, offset, appendMs } = event;
  const value = event.value === null ? null : formatDecimal(event.value);
  const version = versionOf(epoch, offset);
  return {
    workflow,
    partition,
    caseId,
    id,
    kind,
    activity,
    timeMs,
    dimensions,
    value,
    target,
    importId,
    appendMs,
    offset,
    version,
  };
}

/** The event of an archive's row. */
export function fromEventRow(row: EventRow): LoggedEvent {
  const { workflow, caseId, id, kind, activity, timeMs, dimensions, target, importId, offset, appendMs } = row;
  const value = row.value === null ? null : parseDecimal(row.value);
  return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs };
}
