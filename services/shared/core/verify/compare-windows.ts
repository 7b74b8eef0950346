import type { Definition } from '../definition.ts';
import { decodeLabels, encodeLabels } from '../measure/labels.ts';
import { windowStart } from '../window/window.ts';
import {
  agrees,
  type ComputedValue,
  computedValue,
  NO_SUMS,
  type StreamedValue,
  type WindowSums,
} from './computed-value.ts';

/** A row of the table of values. */
export interface StreamedRow extends StreamedValue {
  /** Canonical encoding. */
  readonly labels: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: string;
  readonly version: string;
}

/** A row of `windowsSql`. */
export interface ComputedRow extends WindowSums {
  /** In the order of `by`. */
  readonly labels: readonly string[];
  readonly endMs: number;
}

/** A window in which streamed and computed value are not the same. */
export interface Mismatch {
  readonly labels: Readonly<Record<string, string>>;
  readonly startMs: number;
  readonly endMs: number;
  /** Null: there is no row, where the events ask for one. */
  readonly streamed: StreamedValue | null;
  /** Null: the events ask for no row there. */
  readonly computed: ComputedValue | null;
}

/** What a comparison of the windows of a KPI came to. */
export interface Compared {
  /** Windows whose values were compared, those without a row included. */
  readonly compared: number;
  /** Rows that are provisional or being filled by an import, and so were not. */
  readonly open: number;
  readonly mismatches: readonly Mismatch[];
}

/**
 * Compares the rows of a KPI with what the events give for the same windows. Rows count once they are final, of a total
 * always; windows of both lists must be complete.
 */
export function compareWindows(
  definition: Definition,
  streamed: readonly StreamedRow[],
  computed: readonly ComputedRow[],
): Compared {
  const expected = new Map<string, ComputedRow>();
  for (const row of computed) expected.set(`${labelsOf(definition, row.labels)} ${row.endMs}`, row);
  const always = definition.window.kind === 'total' || definition.window.kind === 'tumbling';
  const mismatches: Mismatch[] = [];
  let compared = 0;
  let open = 0;
  for (const row of streamed) {
    const key = `${row.labels} ${row.endMs}`;
    const sums = expected.get(key) ?? (always ? NO_SUMS : null);
    expected.delete(key);
    if (row.state !== 'final' && (definition.window.kind !== 'total' || row.state === 'backfilling')) {
      open++;
      continue;
    }
    compared++;
    const value = sums === null ? null : computedValue(definition, sums);
    if (value !== null && agrees(definition, row, value) && row.startMs === windowStart(definition.window, row.endMs))
      continue;
    const { labels, startMs, endMs, value: shown, exact, samples } = row;
    mismatches.push({
      labels: decodeLabels(labels),
      startMs,
      endMs,
      streamed: { value: shown, exact, samples },
      computed: value,
    });
  }
  for (const row of expected.values()) {
    compared++;
    const labels = decodeLabels(labelsOf(definition, row.labels));
    const startMs = windowStart(definition.window, row.endMs);
    mismatches.push({ labels, startMs, endMs: row.endMs, streamed: null, computed: computedValue(definition, row) });
  }
  return { compared, open, mismatches };
}

/** The canonical encoding of values in the order of `by`. */
function labelsOf({ by }: Definition, values: readonly string[]): string {
  return encodeLabels(Object.fromEntries(by.map(({ dimension }, n) => [dimension, values[n]!])));
}
