import type { Definition, WindowSpec } from '../../shared/core/definition.ts';
import { type DerivedDefinition, inputsOf, isDerived } from '../../shared/core/formula/derived.ts';
import type { Leaf } from '../../shared/core/formula/derived-leaves.ts';
import { decodeLabels } from '../../shared/core/measure/labels.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import { type RowPlaces, rowPlacesOf } from './derived-rows.ts';
import type { Due } from './due.ts';
import { PendingEnds } from './pending-ends.ts';
import { isAfter, type Series, type SliceChange, type SliceWatcher } from './series.ts';

/** A measured KPI below a derived one, with its series of the same labels. */
export interface LeafSeries extends Leaf {
  readonly series: Series;
}

/** A series of a derived KPI in memory: it has no slices of its own, only those of the series that it is computed from. */
export class DerivedSeries implements SliceWatcher {
  readonly definition: DerivedDefinition;
  readonly labels: string;
  readonly labelMap: Readonly<Record<string, string>>;
  readonly leaves: readonly LeafSeries[];
  /** Where it has rows. */
  readonly rowPlaces: RowPlaces;
  /** Windows of rollups below it: where one of them is over, values change that nothing else brings up. */
  readonly innerWindows: readonly WindowSpec[];
  /** Window ends that wait for the watermark. */
  readonly pendingEnds = new PendingEnds();
  /** Ends of values that the store has not acknowledged. */
  readonly unstoredEnds = new Set<number>();
  /** Values of windows that end up to here are in the store only, and what they are computed from may be: none at first. */
  floorMs = Infinity;
  /** No values were computed since it, or an earlier part of it, came into memory: what others published is not known. */
  fresh = true;
  private changes: SliceChange[] = [];
  private dues: Due[] = [];
  private readonly rows = new Map<number, ValueRow>();
  private newestEndMs = -Infinity;

  constructor(definition: DerivedDefinition, labels: string, leaves: readonly LeafSeries[]) {
    this.definition = definition;
    this.labels = labels;
    this.labelMap = decodeLabels(labels);
    this.leaves = leaves;
    this.rowPlaces = rowPlacesOf(
      definition,
      ({ hash }) => leaves.find((leaf) => leaf.definition.hash === hash)!.series,
    );
    this.innerWindows = inputsOf(definition).flatMap(timedWindows);
  }

  /** Value rows by window end, ms UTC. */
  get values(): ReadonlyMap<number, ValueRow> {
    return this.rows;
  }

  /** Takes a value row: the one that was computed last, or that of the store. */
  keep(row: ValueRow): void {
    this.rows.set(row.windowEndMs, row);
    if (!row.withdrawn && row.windowEndMs > this.newestEndMs) this.newestEndMs = row.windowEndMs;
  }

  /** Beyond this window end no slice enters and no value stands, ms UTC. */
  get lastEndMs(): number {
    return Math.max(this.rowPlaces.lastEndMs(), this.newestEndMs);
  }

  note(change: SliceChange): void {
    this.changes.push(change);
  }

  /** Only where it has rows for those of that series: the others are taken as of its own. */
  noteDue(series: Series, due: Due): void {
    const { rowsFor } = this.leafOf(series);
    if (rowsFor !== null) for (const endMs of rowsFor(due.endMs)) this.dues.push({ ...due, endMs });
  }

  /** Windows of series that move with time which went out since the last call. */
  takeDues(): readonly Due[] {
    const { dues } = this;
    this.dues = [];
    return dues;
  }

  /** The changes of slices since the last call, which are then in its values. */
  takeChanges(): readonly SliceChange[] {
    const { changes, fresh } = this;
    this.changes = [];
    this.fresh = false;
    return fresh ? changes.map((each) => ({ ...each, uncertain: each.uncertain || each.touched })) : changes;
  }

  /** Whether nothing would be lost if it left memory. */
  get isAtRest(): boolean {
    return this.unstoredEnds.size === 0 && this.pendingEnds.size === 0 && this.changes.length === 0;
  }

  /** Whether nothing of it up to a time waits, so that `trim` may forget that. */
  mayTrim(floorMs: number): boolean {
    return (
      this.changes.length + this.dues.length === 0 &&
      this.pendingEnds.isAfter(floorMs) &&
      isAfter(this.unstoredEnds, floorMs)
    );
  }

  /** Forgets the values of windows that end up to a time: they are in the store only. */
  trim(floorMs: number): void {
    this.floorMs = floorMs;
    for (const endMs of this.rows.keys()) if (endMs <= floorMs) this.rows.delete(endMs);
  }

  leafOf(series: Series): LeafSeries {
    return this.leaves.find((leaf) => leaf.series === series)!;
  }
}

/** Windows of the rollups in a KPI whose value depends on whether they are over. */
function timedWindows(definition: Definition): readonly WindowSpec[] {
  if (!isDerived(definition)) return [];
  const { measure, window } = definition;
  const own = measure.kind === 'rollup' && measure.empty === 'zero' ? [window] : [];
  return [...own, ...inputsOf(definition).flatMap(timedWindows)];
}
