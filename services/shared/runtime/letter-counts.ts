import { QUARANTINED } from '../core/letters/letter-filter.ts';
import type { Clock } from '../ports/clock.ts';
import type { KpiStore } from '../ports/kpi-store.ts';

/** How old counts may be: they are asked for with every status. */
const AGE_MS_MAX = 10_000;
/** Codes that are counted: more than there are. */
const CODES_MAX = 1_000;

/** How many dead letters are open: what status, metrics and pages say. */
export class LetterCounts {
  private readonly store: Pick<KpiStore, 'deadLetterCounts'>;
  private readonly clock: Clock;
  private counts: ReadonlyMap<string, number> = new Map();
  private askedMs: number | null = null;

  constructor(store: Pick<KpiStore, 'deadLetterCounts'>, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** By code, at most some seconds old; where the store does not answer, as they were last. */
  async byCode(): Promise<ReadonlyMap<string, number>> {
    const nowMs = this.clock.nowMs();
    if (this.askedMs !== null && nowMs >= this.askedMs && nowMs - this.askedMs < AGE_MS_MAX) return this.counts;
    this.askedMs = nowMs;
    try {
      const counts = new Map<string, number>();
      for (const { code, count } of await this.store.deadLetterCounts({ state: 'open' }, 'code', CODES_MAX))
        counts.set(code, (counts.get(code) ?? 0) + count);
      this.counts = counts;
    } catch {
      // Status is asked for when the store is away, too.
    }
    return this.counts;
  }

  /** All of them, and those in quarantine. */
  async now(): Promise<{ readonly open: number; readonly quarantined: number }> {
    const counts = await this.byCode();
    const open = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { open, quarantined: counts.get(QUARANTINED) ?? 0 };
  }
}
