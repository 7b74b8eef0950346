import type { Definition } from '../definition.ts';
import { encodeLabels } from '../measure/labels.ts';
import type { ComputedRow } from './compare-windows.ts';
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

/** The values of a measured KPI over a page, at any window end of it: what a row says holds until the next one. */
export class CarriedWindows {
  private readonly definition: Definition;
  private readonly series = new Map<string, ComputedRow[]>();

  /** `rows`: all windows of the page that must have a row, and what holds before the first of them. */
  constructor(definition: Definition, rows: readonly ComputedRow[]) {
    this.definition = definition;
    for (const row of rows.toSorted((a, b) => a.endMs - b.endMs)) {
      const own = this.series.get(row.labels);
      if (own === undefined) this.series.set(row.labels, [row]);
      else own.push(row);
    }
  }

  /** The value of the window that ends at `endMs`. */
  at(labels: string, endMs: number): ComputedValue {
    const rows = this.series.get(labels) ?? [];
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle]!.endMs <= endMs) low = middle + 1;
      else high = middle;
    }
    const row = rows[low - 1];
    const carries = this.definition.window.kind !== 'tumbling' || row?.endMs === endMs;
    return row === undefined || !carries ? nothing(this.definition) : row.value;
  }
}
