import { createHash } from 'node:crypto';
import type { TaktError } from '../../shared/core/errors.ts';
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
 * Records of [events] that are no message of takt, on their way to the dead letters. The id of each is made of its place
 * and bytes, so that one that is met again after a restart is kept once.
 */
export class UnreadableRecords {
  private waiting: AppendRecord[] = [];

  add({ workflow, place, offset, value }: Record, { code, message }: TaktError): void {
    const id = createHash('sha256').update(`${place} ${offset} `).update(value).digest('hex');
    const rawBase64 = Buffer.from(value).toString('base64');
    const letter = { id, workflow, source: `${place} at offset ${offset}`, code, reason: message, rawBase64 };
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
