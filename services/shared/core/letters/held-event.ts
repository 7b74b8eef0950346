import { formatDecimal, parseDecimal } from '../decimal.ts';
import type { WorkflowEvent } from '../event.ts';
import type { HeldEvent } from '../messages.ts';

/** An event as its dead letter holds it. */
export function heldEvent({
  workflow: _workflow,
  importId: _importId,
  kind,
  value,
  ...event
}: WorkflowEvent): HeldEvent {
  return { ...event, kind: 'event', eventKind: kind, value: value === null ? null : formatDecimal(value) };
}

/** The event that a dead letter holds, with the workflow of the letter; live. */
export function eventOf({ eventKind, value, ...held }: HeldEvent, workflow: string): WorkflowEvent {
  const { caseId, id, activity, timeMs, dimensions, target } = held;
  const amount = value === null ? null : parseDecimal(value);
  return { workflow, caseId, id, kind: eventKind, activity, timeMs, dimensions, value: amount, target, importId: null };
}
