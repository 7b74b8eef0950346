import { TaktError } from '../../core/errors.ts';
import type { AppendRecord } from '../../ports/event-log.ts';

/** One call of `append` that waits for its commit. */
export interface WaitingAppend {
  readonly records: readonly AppendRecord[];
  readonly bytes: number;
}

interface Entry extends WaitingAppend {
  readonly resolve: (offsets: number[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Most bytes that wait for a commit; above it `append` is refused, so that a slow disk does not fill the memory. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Most bytes in one commit (a larger append goes alone): bounds how long the ones behind it wait. */
const COMMIT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Appends in their order, as many per commit as came while the one before was under way. One commit at a time: when it
 * fails, nothing behind it rests on offsets that were never written.
 */
export class CommitQueue {
  private readonly commit: (batch: readonly WaitingAppend[]) => Promise<number[][]>;
  private readonly entries: Entry[] = [];
  private running: Promise<void> | null = null;
  /** Bytes that wait or are being committed. */
  waitingBytes = 0;

  /** `commit` makes a batch durable and gives the offsets of each append, or rejects with nothing written. */
  constructor(commit: (batch: readonly WaitingAppend[]) => Promise<number[][]>) {
    this.commit = commit;
  }

  /** Resolves with the offsets once they are durable. Throws OVERLOADED when too much waits already. */
  add(append: WaitingAppend): Promise<number[]> {
    if (this.waitingBytes > 0 && this.waitingBytes + append.bytes > WAITING_BYTES_MAX) {
      throw new TaktError(
        'OVERLOADED',
        `${this.waitingBytes} bytes wait for the log's disk; at most ${WAITING_BYTES_MAX} may. Nothing was written: send again later.`,
      );
    }
    this.waitingBytes += append.bytes;
    return new Promise((resolve, reject) => {
      this.entries.push({ ...append, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private async run(): Promise<void> {
    // Appends of the same turn go into one commit.
    await Promise.resolve();
    while (this.entries.length > 0) {
      const batch = this.take();
      try {
        const offsets = await this.commit(batch);
        batch.forEach(({ resolve }, i) => resolve(offsets[i]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const { bytes } of batch) this.waitingBytes -= bytes;
    }
    this.running = null;
  }

  private take(): Entry[] {
    let count = 0;
    let bytes = 0;
    for (const entry of this.entries) {
      bytes += entry.bytes;
      if (count > 0 && bytes > COMMIT_BYTES_MAX) break;
      count++;
    }
    return this.entries.splice(0, count);
  }
}
