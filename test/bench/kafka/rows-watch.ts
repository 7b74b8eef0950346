import { Steps } from '../steps.ts';
import { pause } from './pause.ts';
import type { StoreProcess } from './store-process.ts';
import { WORKFLOW } from './takt-topics.ts';

const LOOK_EVERY_MS = 100;
/** Without a look for newer versions, which would keep the store busy. */
const SQL = `SELECT partition AS p, toFloat64(max(offset)) AS offset FROM events WHERE workflow = '${WORKFLOW}' GROUP BY p`;

/**
 * Asks the store, ten times a second, up to which offset of a partition the archive holds events; they come into it in
 * the order of their offsets. A moment is that of the answer, so it is up to one look late, never early.
 */
export class RowsWatch {
  /** By partition: when the rows up to an offset were there, in ms since 1970. */
  readonly reached: readonly Steps[];
  private readonly store: StoreProcess;
  private running = true;
  private readonly finished: Promise<void>;

  constructor(store: StoreProcess, partitions: number) {
    this.store = store;
    this.reached = Array.from({ length: partitions }, () => new Steps());
    this.finished = this.run();
  }

  private async run(): Promise<void> {
    while (this.running) {
      const rows = await this.store.rawRows<{ readonly p: number; readonly offset: number }>(SQL);
      const nowMs = Date.now();
      for (const { p, offset } of rows) this.reached[p]!.add(offset, nowMs);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Ends the watch; rejects with what the store said when it refused to answer. */
  async stop(): Promise<void> {
    this.running = false;
    await this.finished;
  }
}
