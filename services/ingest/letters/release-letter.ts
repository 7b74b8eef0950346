import type { WorkflowEvent } from '../../shared/core/event.ts';
import { EVENT_TIME_MAX_MS, EVENT_TIME_MIN_MS } from '../../shared/core/ingest/mapping-row.ts';
import { eventOf } from '../../shared/core/letters/held-event.ts';
import { QUARANTINED } from '../../shared/core/letters/letter-filter.ts';
import type { LetterOrder, LetterResult } from '../../shared/core/letters/letter-order.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import type { DeadLetterRow } from '../../shared/ports/kpi-rows.ts';

/** A letter that is tried: what it gives, and what is told of it. */
export interface Tried {
  readonly events: readonly WorkflowEvent[];
  /** Items of it that are dead letters of their own from now on. */
  readonly letters: readonly DeadLetter[];
  readonly result: LetterResult;
}

/** The event that a letter holds, at its own time, another one, or a shifted one. */
export function releaseOf(
  letter: DeadLetterRow,
  { timeMs, shiftMs = 0 }: Pick<LetterOrder, 'timeMs' | 'shiftMs'>,
): Tried {
  const { id, content, workflow } = letter;
  const refuse = (code: string, reason: string): Tried => ({
    events: [],
    letters: [],
    result: { id, outcome: 'refused', events: 0, code, reason },
  });
  if (content?.kind !== 'event')
    return refuse(
      QUARANTINED,
      'it was kept by a version that did not keep its event: redrive it once its time has come',
    );
  const atMs = timeMs ?? content.timeMs + shiftMs;
  if (atMs < EVENT_TIME_MIN_MS || atMs > EVENT_TIME_MAX_MS)
    return refuse('EVENT_INVALID', 'time: it would be out of range; allowed: 1900-01-01 to 2286-11-20');
  const event = { ...eventOf(content, workflow), timeMs: atMs };
  return { events: [event], letters: [], result: { id, outcome: 'accepted', events: 1, code: '', reason: '' } };
}
