import type { ClickHouseClient } from '@clickhouse/client';
import { TaktError } from '../../../core/errors.ts';

/** Statements that may wait for their turn. */
const WAITING_MAX = 1_000;

/**
 * One connection of chDB, one statement at a time (chDB runs them so in any case). A statement that failed half-way
 * leaves its output behind, and the next result of the connection would begin with it: foreign rows in a fold. So a
 * statement of no meaning takes it away before the next one has its turn.
 */
export class ChdbConnection {
  private readonly client: ClickHouseClient;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private soiled = false;
  private closing: Promise<void> | null = null;

  constructor(client: ClickHouseClient) {
    this.client = client;
  }

  /** Gives what `work` gives, which must have read its result in full. Throws STORE_CLOSED, OVERLOADED and what `work` throws. */
  run<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    if (this.closing !== null)
      return Promise.reject(new TaktError('STORE_CLOSED', 'the store is closed: takt is stopping.'));
    if (this.waiting >= WAITING_MAX) {
      const message = `${WAITING_MAX} statements wait for the store already.\nTry again in a moment.`;
      return Promise.reject(new TaktError('OVERLOADED', message));
    }
    this.waiting++;
    const result = this.last.then(() => this.turn(work)).finally(() => this.waiting--);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async turn<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    if (this.soiled) {
      await this.client.command({ query: 'SELECT 1' });
      this.soiled = false;
    }
    try {
      return await work(this.client);
    } catch (error) {
      this.soiled = true;
      throw error;
    }
  }

  /** Closes after the statements that wait: closing under a running one would abort the engine for the whole process. */
  close(): Promise<void> {
    this.closing ??= this.last.then(() => this.client.close());
    return this.closing;
  }
}
