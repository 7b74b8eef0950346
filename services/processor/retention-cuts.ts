import type { Codec } from '../shared/core/codec.ts';
import { nextCut } from '../shared/core/retention.ts';
import type { EventLog } from '../shared/ports/event-log.ts';
import type { AggregateTask } from './aggregate/aggregate-task.ts';

type Told = Pick<
  AggregateTask,
  'workflow' | 'topic' | 'partition' | 'nextOffset' | 'progress' | 'definitions' | 'cutTimes'
>;

/**
 * Moves the end of the past in each partition, by a record of its log: what the record says holds from there on, for every
 * owner and whatever the catalogue says by then. Two owners do no harm: a cut that is not later does nothing.
 */
export class RetentionCuts {
  private readonly log: Pick<EventLog, 'append'>;
  private readonly codec: Pick<Codec, 'encode'>;
  private readonly retentionMsOf: (workflow: string) => number | null;
  /** By task, the offset of a cut that it has not applied yet. */
  private readonly waiting = new WeakMap<object, number>();

  constructor(options: {
    readonly log: Pick<EventLog, 'append'>;
    readonly codec: Pick<Codec, 'encode'>;
    /** The retention of a workflow; null: for ever. */
    readonly retentionMsOf: (workflow: string) => number | null;
  }) {
    this.log = options.log;
    this.codec = options.codec;
    this.retentionMsOf = options.retentionMsOf;
  }

  /** Appends the cut that the task's partition needs, if any. Throws what the log throws. */
  async step(task: Told): Promise<void> {
    if (task.nextOffset <= (this.waiting.get(task) ?? -1)) return;
    const { topic, partition, definitions, cutTimes } = task;
    const { watermarkMs } = task.progress.time;
    const cut = nextCut({ watermarkMs, retentionMs: this.retentionMsOf(task.workflow) }, definitions, cutTimes);
    if (cut === null) return;
    const value = this.codec.encode({ type: 'cut', ...cut });
    const [offset] = await this.log.append([{ topic, partition, key: null, value }]);
    this.waiting.set(task, offset!);
  }
}
