import type { Codec } from '../shared/core/codec.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { DeadLetter, Redrive } from '../shared/core/messages.ts';
import { partitionOf } from '../shared/core/partition.ts';
import type { AppendRecord, EventLog } from '../shared/ports/event-log.ts';
import { encodeDeadLetter } from '../shared/runtime/dead-letter-codec.ts';
import { DEAD_LETTERS_TOPIC, eventsTopic } from '../shared/runtime/topics.ts';

/** Appends accepted events, import brackets and dead letters to the log. Every call resolves once the log has flushed. */
export class EventWriter {
  private readonly log: EventLog;
  private readonly codec: Codec;
  private readonly partitions: number;

  constructor(options: { readonly log: EventLog; readonly codec: Codec; readonly partitions: number }) {
    this.log = options.log;
    this.codec = options.codec;
    this.partitions = options.partitions;
  }

  /** Throws LOG_FULL (retryable) at the log's size limit; then nothing of it was written. */
  async events(events: readonly WorkflowEvent[]): Promise<void> {
    const records = events.map((event): AppendRecord => {
      const partition = partitionOf(event.caseId, this.partitions);
      const value = this.codec.encode({ type: 'event', event });
      return { topic: eventsTopic(event.workflow), partition, key: Buffer.from(event.caseId), value };
    });
    if (records.length > 0) await this.log.append(records);
  }

  /** Writes one side of an import's bracket into every partition of the workflow. */
  async bracket(workflow: string, importId: string, phase: 'begin' | 'end', maxEventMs: number | null): Promise<void> {
    const value = this.codec.encode({ type: 'import', importId, phase, maxEventMs });
    const topic = eventsTopic(workflow);
    await this.log.append(
      Array.from({ length: this.partitions }, (_, partition) => ({ topic, partition, key: null, value })),
    );
  }

  async deadLetters(letters: readonly (DeadLetter | Redrive)[]): Promise<void> {
    const records = letters.map((letter) => ({
      topic: DEAD_LETTERS_TOPIC,
      partition: 0,
      key: null,
      value: encodeDeadLetter(letter),
    }));
    if (records.length > 0) await this.log.append(records);
  }
}
