import { createHash } from 'node:crypto';
import type { TaktError } from '../../shared/core/errors.ts';
import type { LoggedEvent, WorkflowEvent } from '../../shared/core/event.ts';
import { heldEvent } from '../../shared/core/letters/held-event.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import type { AppendRecord } from '../../shared/ports/event-log.ts';
import { encodeDeadLetter } from '../../shared/runtime/dead-letter-codec.ts';
import { DEAD_LETTERS_TOPIC } from '../../shared/runtime/topics.ts';

/** Stands for a record that cannot be read. */
export interface Unreadable {
  readonly type: 'unreadable';
}
export const UNREADABLE: Unreadable = { type: 'unreadable' };

interface Record {
  readonly workflow: string;
  /** `topic/partition`. */
  readonly place: string;
  readonly offset: number;
  readonly value: Uint8Array;
}

/**
 * Records of [events] that count for nothing, on their way to the dead letters: those that are no message of takt, and events
 * that are too late. The id of each is made of its place and bytes, so that one that is met again after a restart is kept once.
 */
export class RefusedRecords {
  private waiting: AppendRecord[] = [];

  /** A record that cannot be read. */
  add({ workflow, place, offset, value }: Record, { code, message }: TaktError): void {
    const id = createHash('sha256').update(`${place} ${offset} `).update(value).digest('hex');
    const rawBase64 = Buffer.from(value).toString('base64');
    this.push({ id, workflow, source: `${place} at offset ${offset}`, code, reason: message, rawBase64 });
  }

  /** An event that is older than the cut. Its letter holds it, so that it can be let in with another time. */
  addLate(event: LoggedEvent, place: string, lateMs: number): void {
    const { workflow, offset } = event;
    const source = `${place} at offset ${offset}`;
    const content = heldEvent(withoutPlace(event));
    const raw = JSON.stringify(content);
    const reason = `the event is of ${new Date(event.timeMs).toISOString()}, and what is before ${new Date(lateMs).toISOString()} is past the retention of workflow ${workflow}. Its time may be wrong; takt reject sets it aside.`;
    this.push({
      id: createHash('sha256').update(`${source} ${raw}`).digest('hex'),
      workflow,
      source,
      code: 'EVENT_TOO_LATE',
      reason,
      rawBase64: Buffer.from(raw).toString('base64'),
      content,
    });
  }

  private push(letter: DeadLetter): void {
    this.waiting.push({ topic: DEAD_LETTERS_TOPIC, partition: 0, key: null, value: encodeDeadLetter(letter) });
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Hands them out to be appended. */
  take(): AppendRecord[] {
    const records = this.waiting;
    this.waiting = [];
    return records;
  }

  /** Those among records whose append failed go out again. */
  putBack(records: readonly AppendRecord[]): void {
    this.waiting.push(...records.filter(({ topic }) => topic === DEAD_LETTERS_TOPIC));
  }

  clear(): void {
    this.waiting = [];
  }
}

function withoutPlace({ offset: _offset, appendMs: _appendMs, ...event }: LoggedEvent): WorkflowEvent {
  return event;
}
