import type { ValueMessage } from '../../../services/shared/core/messages.ts';
import type { Random } from '../random.ts';
import { definitions, MINUTE_MS } from './setup.ts';
import type { AlertStyle } from './style.ts';

const LIST = [...definitions.values()];

type Row = Omit<ValueMessage, 'type' | 'version'>;

/** The windows of one [values] partition as roll has them, by series and window end. */
export class Windows {
  private readonly random: Random;
  private readonly style: AlertStyle;
  private readonly partition: number;
  private readonly rows = new Map<string, Row>();

  constructor(random: Random, style: AlertStyle, partition: number) {
    this.random = random;
    this.style = style;
    this.partition = partition;
  }

  get(key: string): Row {
    return this.rows.get(key)!;
  }

  /** A record touches a window that ends at `endMs` or after it. Gives its key, and whether that shows. */
  touch(endMs: number, lowestMs: number, imports: boolean): { readonly key: string; readonly shows: boolean } {
    const { random } = this;
    const { kpi, hash, window, settleMs } = random.pick(LIST);
    const everyMs = window.kind === 'tumbling' ? 60 * MINUTE_MS : MINUTE_MS;
    const windowEndMs = Math.ceil(endMs / everyMs) * everyMs;
    const labels = `[["team","${this.partition}.${random.below(this.style.teams)}"]]`;
    const key = `${kpi} ${labels} ${windowEndMs}`;
    const known = this.rows.get(key);
    const samples = random.below(6);
    const nullable = kpi === 'middle' || kpi === 'share';
    const value = nullable && samples === 0 ? null : random.chance(this.style.highChance) ? 11 : random.pick([3, 7]);
    const filling = imports || known?.state === 'backfilling';
    const final = windowEndMs <= lowestMs - settleMs && !filling;
    const revised = known?.state === 'final';
    const place = { kpi, definition: hash, labels, windowStartMs: windowEndMs - everyMs, windowEndMs };
    this.rows.set(key, {
      ...place,
      value,
      valueExact: value === null ? null : String(value),
      samples,
      state: filling ? 'backfilling' : final ? 'final' : 'provisional',
      revision: revised ? known.revision + 1 : 0,
      reason: filling ? 'import' : revised ? 'late' : '',
      withdrawn: window.kind === 'rolling' && random.chance(0.05),
    });
    return { key, shows: !filling || known?.state !== 'backfilling' };
  }

  /** An import that filled these windows is over. */
  filled(keys: Iterable<string>): void {
    for (const key of keys) this.rows.set(key, { ...this.get(key), state: 'provisional', reason: 'import' });
  }

  /** An import filled this window in one turn: nobody saw it being filled. */
  suddenly(key: string): void {
    this.rows.set(key, { ...this.get(key), reason: 'import' });
  }

  /** Windows that the lowest watermark has passed become final; gives their keys, in the order of the windows. */
  settle(lowestMs: number): string[] {
    const due = [...this.rows].filter(([, { state, windowEndMs, definition }]) => {
      return state === 'provisional' && windowEndMs + definitions.get(definition)!.settleMs <= lowestMs;
    });
    due.sort(([, a], [, b]) => a.windowEndMs - b.windowEndMs);
    for (const [key, row] of due) this.rows.set(key, { ...row, state: 'final' });
    return due.map(([key]) => key);
  }
}
