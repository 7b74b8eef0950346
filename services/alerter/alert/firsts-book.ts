import type { ValueMessage } from '../../shared/core/messages.ts';
import type { FirstRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';

/** Windows whose first value is known to be kept; beyond it the store is asked again. */
export const FIRSTS_KNOWN_MAX = 50_000;

/** Which windows have a first value, those stored and those on the way, and the rows that wait for the store. */
export class FirstsBook {
  private readonly store: KpiStore;
  private readonly labelPartition: number;
  private readonly knownMax: number;
  /** The one used longest ago comes first. */
  private readonly known = new Set<string>();
  private toStore = new Map<string, FirstRow>();
  private inFlight: readonly FirstRow[] = [];
  private inFlightKeys: ReadonlySet<string> = new Set();

  constructor(options: { readonly store: KpiStore; readonly labelPartition: number; readonly knownMax?: number }) {
    this.store = options.store;
    this.labelPartition = options.labelPartition;
    this.knownMax = options.knownMax ?? FIRSTS_KNOWN_MAX;
  }

  clear(): void {
    this.known.clear();
    this.toStore.clear();
    this.inFlight = [];
    this.inFlightKeys = new Set();
  }

  /** Gives those of these windows that have a first value, by `firstKey`; asks the store where it must. */
  async lookUp(values: readonly ValueMessage[]): Promise<Set<string>> {
    const found = new Set<string>();
    const asked = new Map<string, ValueMessage[]>();
    for (const value of values) {
      // What is on its way now may be stored, and forgotten, when the value is applied.
      if (this.has(value)) {
        found.add(firstKey(value));
        continue;
      }
      const list = asked.get(value.definition);
      if (list === undefined) asked.set(value.definition, [value]);
      else list.push(value);
    }
    for (const [definition, list] of asked) {
      const labels = [...new Set(list.map((value) => value.labels))];
      let [fromMs, toMs] = [Infinity, -Infinity];
      for (const { windowEndMs } of list) {
        fromMs = Math.min(fromMs, windowEndMs);
        toMs = Math.max(toMs, windowEndMs + 1);
      }
      const { labelPartition } = this;
      for (const row of await this.store.firsts({ definition, labelPartition, labels, fromMs, toMs }))
        found.add(firstKey(row));
    }
    return found;
  }

  /** Whether a window's first value is known to be kept, without asking the store. */
  has(value: Pick<FirstRow, 'definition' | 'labels' | 'windowEndMs'>): boolean {
    const key = firstKey(value);
    if (this.toStore.has(key) || this.inFlightKeys.has(key)) return true;
    if (!this.known.delete(key)) return false;
    this.known.add(key);
    return true;
  }

  /** Keeps the first value of a window. */
  keep(value: ValueMessage, kind: FirstRow['kind'], imported: boolean, version: bigint): void {
    const { kpi, definition, labels, windowStartMs, windowEndMs, value: number, valueExact, samples } = value;
    const { labelPartition } = this;
    const place = { kpi, definition, labels, labelPartition, windowStartMs, windowEndMs };
    this.toStore.set(firstKey(value), { ...place, kind, value: number, valueExact, samples, imported, version });
    this.remember(value);
  }

  /** A window's first value is kept in the store. */
  remember(value: Pick<FirstRow, 'definition' | 'labels' | 'windowEndMs'>): void {
    this.known.add(firstKey(value));
    for (const oldest of this.known) {
      if (this.known.size <= this.knownMax) break;
      this.known.delete(oldest);
    }
  }

  /** Rows on the way that were evaluated by `throughMs`, the latest of each label set. */
  latestOnTheWay(definition: string, throughMs: number): Map<string, FirstRow> {
    const latest = new Map<string, FirstRow>();
    for (const row of [...this.toStore.values(), ...this.inFlight]) {
      if (row.definition !== definition || row.kind !== 'first' || row.windowEndMs > throughMs) continue;
      if ((latest.get(row.labels)?.windowEndMs ?? -Infinity) < row.windowEndMs) latest.set(row.labels, row);
    }
    return latest;
  }

  get storeDue(): boolean {
    return this.toStore.size > 0;
  }

  takeRows(): readonly FirstRow[] {
    this.inFlight = [...this.toStore.values()];
    this.inFlightKeys = new Set(this.toStore.keys());
    this.toStore = new Map();
    return this.inFlight;
  }

  stored(): void {
    this.inFlight = [];
    this.inFlightKeys = new Set();
  }

  unstore(rows: readonly FirstRow[]): void {
    for (const row of rows) this.toStore.set(firstKey(row), row);
    this.stored();
  }

  get waiting(): number {
    return this.toStore.size + this.inFlight.length;
  }
}

/** Names a window of a series. */
export function firstKey(value: Pick<FirstRow, 'definition' | 'labels' | 'windowEndMs'>): string {
  return `${value.definition} ${value.windowEndMs} ${value.labels}`;
}
