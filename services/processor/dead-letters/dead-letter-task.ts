import { offsetOf, versionOf } from '../../shared/core/version.ts';
import type { LogRecord } from '../../shared/ports/event-log.ts';
import type { DeadLetterRow, RedriveRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { decodeDeadLetter } from '../../shared/runtime/dead-letter-codec.ts';
import type { Checkpoint, FoldTask, Publication } from '../../shared/runtime/fold/fold-task.ts';
import { DEAD_LETTERS_TOPIC } from '../../shared/runtime/topics.ts';

/** Keeps dead letters in the store, each failure once (its id is a hash of source and bytes), and what became of them. */
export class DeadLetterTask implements FoldTask {
  readonly stage = 'dead-letters';
  readonly topic = DEAD_LETTERS_TOPIC;
  readonly partition = 0;
  readonly publishDue = false;
  nextOffset = 0;
  private pending: DeadLetterRow[] = [];
  private pendingRedrives: RedriveRow[] = [];
  /** The last offset that the stored position covers; -1: none. */
  storedOffset = -1;
  private readonly store: KpiStore;
  private readonly epoch: number;

  constructor(options: { readonly store: KpiStore; readonly epoch: number }) {
    this.store = options.store;
    this.epoch = options.epoch;
  }

  async restore(): Promise<void> {
    const row = await this.store.position(this.stage, this.topic, this.partition);
    this.nextOffset = row === null ? 0 : offsetOf(row.version) + 1;
    this.storedOffset = this.nextOffset - 1;
    this.pending = [];
    this.pendingRedrives = [];
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    for (const { offset, appendMs, value } of records) {
      const message = decodeDeadLetter(value);
      const version = versionOf(this.epoch, offset);
      if ('type' in message) {
        const { type: _type, ...redrive } = message;
        this.pendingRedrives.push({ ...redrive, version });
      } else {
        const { rawBase64, content = null, ...letter } = message;
        const eventMs = content?.kind === 'event' ? content.timeMs : null;
        const raw = Buffer.from(rawBase64, 'base64');
        this.pending.push({ ...letter, eventMs, content, raw, timeMs: appendMs, version });
      }
      this.nextOffset = offset + 1;
    }
  }

  collectPublication(): Publication {
    return { records: [], keys: [] };
  }

  published(): void {}

  unpublish(): void {}

  storeDue(): boolean {
    return this.nextOffset - 1 > this.storedOffset;
  }

  collectCheckpoint(): Checkpoint {
    const rows = { dead_letters: this.pending, redrives: this.pendingRedrives };
    this.pending = [];
    this.pendingRedrives = [];
    const { stage, topic, partition } = this;
    return {
      rows,
      position: { stage, topic, partition, version: versionOf(this.epoch, this.nextOffset - 1), content: '{}' },
    };
  }

  stored({ position }: Checkpoint): void {
    if (position !== null) this.storedOffset = Math.max(this.storedOffset, offsetOf(position.version));
  }

  unstore({ rows }: Checkpoint): void {
    this.pending = [...(rows.dead_letters ?? []), ...this.pending];
    this.pendingRedrives = [...(rows.redrives ?? []), ...this.pendingRedrives];
  }

  get backlogRows(): number {
    return this.pending.length + this.pendingRedrives.length;
  }
}
