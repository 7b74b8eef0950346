import type { Logger } from 'pino';
import type { Clock } from '../../shared/ports/clock.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { PresenceContent } from './service-state.ts';

/** How often a process tells about itself; where folds run, screens wait for it. */
const TELL_EVERY_MS = 2_000;

/** Tells the store what this process does, until it stops; then once more, how it ended. */
export class Presence {
  private readonly options: PresenceOptions;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private warned = false;

  constructor(options: PresenceOptions) {
    this.options = options;
  }

  start(): void {
    this.running = this.run();
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.tell({});
      await this.options.clock.sleep(TELL_EVERY_MS, this.stopped.signal);
    }
  }

  private async tell(change: Partial<PresenceContent>): Promise<void> {
    const { store, clock, service, instance, content, logger } = this.options;
    const seenMs = clock.nowMs();
    try {
      const text = JSON.stringify({ ...(await content()), ...change });
      await store.insert('services', [{ service, instance, seenMs, content: text, version: BigInt(seenMs) }]);
      this.warned = false;
    } catch (error) {
      if (!this.warned) logger.warn({ reason: (error as Error).message }, 'the store was not told how this process is');
      this.warned = true;
    }
  }

  /** `halted`: what made it stop; null: it was told to. */
  async stop(halted: string | null): Promise<void> {
    this.stopped.abort('stopped');
    await this.running;
    await this.tell({ halted, ended: true });
  }
}

export interface PresenceOptions {
  readonly store: Pick<KpiStore, 'insert'>;
  readonly clock: Clock;
  readonly service: string;
  readonly instance: string;
  readonly content: () => Promise<PresenceContent>;
  readonly logger: Logger;
}
