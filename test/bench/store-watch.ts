import { offsetOf } from '../../services/shared/core/version.ts';
import type { Product } from './product.ts';
import { Steps } from './steps.ts';

const POLL_MS = 200;
const SQL = 'SELECT label_partition AS p, toString(max(version)) AS version FROM `values` GROUP BY p';

/**
 * Asks a running takt over HTTP, five times a second, up to which offset of [slices] its stored values are. A moment is
 * that of the answer, so it is up to one round late, never early.
 */
export class StoreWatch {
  /** By partition: when the values up to an offset of [slices] were in the store, in milliseconds since 1970. */
  readonly reached: readonly Steps[];
  private readonly product: Product;
  private running = true;
  private readonly finished: Promise<void>;

  constructor(product: Product, partitions: number) {
    this.product = product;
    this.reached = Array.from({ length: partitions }, () => new Steps());
    this.finished = this.run();
  }

  private async run(): Promise<void> {
    while (this.running) {
      const rows = await this.product.query<{ p: number; version: string }>(SQL);
      const nowMs = Date.now();
      for (const { p, version } of rows) this.reached[p]!.add(offsetOf(BigInt(version)), nowMs);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    this.running = false;
    await this.finished;
  }
}
