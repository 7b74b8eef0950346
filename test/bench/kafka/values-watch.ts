import { SystemClock } from '../../../services/shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../../services/shared/adapters/log/kafka/kafka-log.ts';
import { decodeLabels } from '../../../services/shared/core/measure/labels.ts';
import type { MessageCodec } from '../../../services/shared/runtime/codec.ts';
import { VALUES_TOPIC } from '../../../services/shared/runtime/topics.ts';
import { Steps } from '../steps.ts';
import type { Broker } from './broker.ts';
import { messageCodec } from './message-codec.ts';

const KPI = 'closed_cases';
const LIMITS = { recordsMax: 5_000, bytesMax: 4 * 1024 * 1024 };
/** Looks so often where nothing calls. */
const REST_MS = 50;

/** Reads [values] as any reader does, and notes when it first saw that so many cases of a team's minute are closed. */
export class ValuesWatch {
  /** By `team minute`, the minute being its start in ms UTC: when its count was seen, in ms since 1970. */
  readonly counts = new Map<string, Steps>();
  private readonly log: KafkaLog;
  private readonly codec: MessageCodec;
  private readonly offsets: number[];
  private running = true;
  private wake: () => void = () => {};
  private readonly finished: Promise<void>;

  private constructor(log: KafkaLog, codec: MessageCodec, offsets: number[]) {
    this.log = log;
    this.codec = codec;
    this.offsets = offsets;
    this.finished = this.run();
  }

  /** Begins at what [values] holds now; the topic must be there. */
  static async start(broker: Broker): Promise<ValuesWatch> {
    const offsets = await broker.ends(VALUES_TOPIC);
    const log = await KafkaLog.open(broker.settings, new SystemClock());
    return new ValuesWatch(log, await messageCodec(), offsets);
  }

  private async run(): Promise<void> {
    const remove = this.log.onAppend(() => this.wake());
    while (this.running) {
      let read = 0;
      for (const partition of this.offsets.keys()) read += await this.readSome(partition);
      if (read > 0) continue;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, REST_MS);
      });
    }
    remove();
  }

  private async readSome(partition: number): Promise<number> {
    const records = await this.log.read(VALUES_TOPIC, partition, this.offsets[partition]!, LIMITS);
    // Once for all that came together, as the rivals' reader has it.
    const nowMs = Date.now();
    for (const { offset, value } of records) {
      this.offsets[partition] = offset + 1;
      const message = this.codec.decode(value);
      if (message.type !== 'value' || message.kpi !== KPI || message.withdrawn) continue;
      const key = `${decodeLabels(message.labels)['team']} ${message.windowStartMs}`;
      let counts = this.counts.get(key);
      if (counts === undefined) this.counts.set(key, (counts = new Steps()));
      counts.add(message.samples, nowMs);
    }
    return records.length;
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    this.running = false;
    this.wake();
    await this.finished;
    await this.log.close();
  }
}
