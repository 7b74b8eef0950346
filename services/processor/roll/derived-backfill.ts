import type { DerivedGroup } from './derived-groups.ts';
import type { SeriesTable } from './series-table.ts';

/** Label sets that are loaded whole for one computation. */
const LABELS_PER_TURN = 100;

interface Waiting {
  readonly group: DerivedGroup;
  readonly labels: readonly string[];
}

/**
 * Computes derived KPIs that are new for all time: what they are computed from is in the store, and no event will bring
 * it up. Some label sets at each computation, so that live values do not wait; a restart begins anew.
 */
export class DerivedBackfill {
  private readonly series: SeriesTable;
  /** Groups of which the label sets are not read yet. */
  private unread: DerivedGroup[] = [];
  private waiting: Waiting[] = [];
  /** Hashes of the derived KPIs in force. */
  private hashes: readonly string[] = [];
  private done: readonly string[] = [];

  constructor(series: SeriesTable) {
    this.series = series;
  }

  /** The groups of the derived KPIs in force, and the hashes of those that are computed for all time. */
  start(groups: readonly DerivedGroup[], filled: readonly string[]): void {
    this.hashes = groups.flatMap(({ derived }) => derived.map(({ definition }) => definition.hash));
    // Of one that was not in force for a while nobody computed anything.
    this.done = filled.filter((hash) => this.hashes.includes(hash));
    this.unread = groups.filter(({ derived }) =>
      derived.some(({ definition }) => !this.done.includes(definition.hash)),
    );
    this.waiting = [];
  }

  /** Hashes of the derived KPIs that are computed for all time, once what was computed is stored. */
  get filled(): readonly string[] {
    return this.done;
  }

  get isFilling(): boolean {
    return this.done.length < this.hashes.length;
  }

  /** Loads the next label sets, which the computation after it brings up. */
  async load(): Promise<void> {
    const group = this.unread.pop();
    if (group !== undefined) {
      const labels = [...(await this.series.labelSets(group))];
      for (let at = 0; at < labels.length; at += LABELS_PER_TURN)
        this.waiting.push({ group, labels: labels.slice(at, at + LABELS_PER_TURN) });
    }
    const next = this.waiting.pop();
    if (next !== undefined)
      await this.series.loadTogether(next.group, new Map(next.labels.map((labels) => [labels, [-Infinity]])));
  }

  /** What was loaded is computed. */
  computed(): void {
    if (this.unread.length === 0 && this.waiting.length === 0) this.done = this.hashes;
  }
}
