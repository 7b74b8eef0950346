import type { LogReader } from './log-reader.ts';
import { Steps } from './steps.ts';

const POLL_MS = 1;

/**
 * Watches a topic from outside of takt, and notes when records were on disk. The log lets other processes see a
 * transaction a moment before it is flushed, and begins the next one only after that: so a record counts from when a
 * transaction after its own is seen. That is never too early.
 */
export class TopicTail {
  /** By partition: from when on the records below an offset were on disk, in milliseconds since 1970. */
  readonly reached: readonly Steps[];
  private readonly log: LogReader;
  private readonly topic: string;
  private running = true;
  private readonly finished: Promise<void>;

  constructor(log: LogReader, topic: string) {
    this.log = log;
    this.topic = topic;
    this.reached = Array.from({ length: log.partitionsOf(topic) }, () => new Steps());
    this.finished = this.run();
  }

  private async run(): Promise<void> {
    let transaction = -1;
    let seen: readonly number[] = [];
    while (this.running) {
      const now = this.log.lastTransaction();
      if (now !== transaction) {
        // Those seen before belong to an earlier transaction, which is on disk now.
        const nowMs = Date.now();
        seen.forEach((offset, p) => this.reached[p]!.add(offset, nowMs));
        seen = this.reached.map((_, p) => this.log.endOffset(this.topic, p));
        transaction = now;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    this.running = false;
    await this.finished;
  }
}
