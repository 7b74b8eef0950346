import type { Definition } from '../definition.ts';
import { encodeLabels } from '../measure/labels.ts';
import type { ComputedRow } from './compare-windows.ts';
import { tumbles } from '../window/window.ts';
import { type ComputedValue, computedValue, NO_SUMS, type WindowSums } from './computed-value.ts';

/** A row of `windowsSql`. */
export interface SumsRow extends WindowSums {
  /** In the order of `by`. */
  readonly labels: readonly string[];
  readonly endMs: number;
}

/** What the rows of a KPI come to. */
export function valuesOf(definition: Definition, sums: readonly SumsRow[]): ComputedRow[] {
  return sums.map(({ labels, endMs, ...rest }) => {
    const named = Object.fromEntries(definition.by.map(({ dimension }, n) => [dimension, labels[n]!]));
    return { labels: encodeLabels(named), endMs, value: computedValue(definition, rest) };
  });
}

/** What windows without contributions come to. */
export function nothing(definition: Definition): ComputedValue {
  return computedValue(definition, NO_SUMS);
}

/** What the events give for the windows of a measured KPI that were read. */
export interface KnownWindows {
  /** The value of the window that ends at `endMs`, which was among those that were read. */
  at(labels: string, endMs: number): ComputedValue;
}

/** The windows of a span of ends: `rows` are all that must have a row, and what holds before the first of them. */
export interface WindowPiece {
  readonly throughMs: number;
  readonly rows: readonly ComputedRow[];
}

/** Those of a KPI that only events move: what a row says holds until the next one. */
export class CarriedWindows implements KnownWindows {
  private readonly definition: Definition;
  private readonly pieces: readonly { readonly throughMs: number; readonly series: Map<string, ComputedRow[]> }[];

  /** `pieces`: ascending. */
  constructor(definition: Definition, pieces: readonly WindowPiece[]) {
    this.definition = definition;
    this.pieces = pieces.map(({ throughMs, rows }) => ({ throughMs, series: bySeries(rows) }));
  }

  at(labels: string, endMs: number): ComputedValue {
    const piece = this.pieces.find(({ throughMs }) => endMs <= throughMs);
    const rows = piece?.series.get(labels) ?? [];
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]!.endMs <= endMs) low = middle + 1;
      else high = middle;
    }
    const row = rows[low - 1];
    const carries = !tumbles(this.definition.window) || row?.endMs === endMs;
    return row === undefined || !carries ? nothing(this.definition) : row.value;
  }
}

function bySeries(rows: readonly ComputedRow[]): Map<string, ComputedRow[]> {
  const series = new Map<string, ComputedRow[]>();
  for (const row of rows.toSorted((a, b) => a.endMs - b.endMs)) {
    const own = series.get(row.labels);
    if (own === undefined) series.set(row.labels, [row]);
    else own.push(row);
  }
  return series;
}

/** Those of a KPI that time moves, each computed for itself. */
export class MovingWindows implements KnownWindows {
  private readonly definition: Definition;
  private readonly values: ReadonlyMap<string, ComputedValue>;

  /** `rows`: of each label set that anything is known of every window that is asked for. */
  constructor(definition: Definition, rows: readonly ComputedRow[]) {
    this.definition = definition;
    this.values = new Map(rows.map(({ labels, endMs, value }) => [`${labels} ${endMs}`, value]));
  }

  at(labels: string, endMs: number): ComputedValue {
    return this.values.get(`${labels} ${endMs}`) ?? nothing(this.definition);
  }
}
