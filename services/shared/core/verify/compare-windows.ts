import type { Definition } from '../definition.ts';
import { decodeLabels } from '../measure/labels.ts';
import { windowStart } from '../window/window.ts';
import { agrees, type ComputedValue, type StreamedValue } from './computed-value.ts';

/** A row of the table of values. */
export interface StreamedRow extends StreamedValue {
  /** Canonical encoding. */
  readonly labels: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: string;
  readonly version: string;
}

/** What the events give for a window. */
export interface ComputedRow {
  /** Canonical encoding. */
  readonly labels: string;
  readonly endMs: number;
  readonly value: ComputedValue;
}

/** What the events give for windows. */
export interface ComputedRows {
  /** Of all windows that must have a row. */
  readonly rows: readonly ComputedRow[];
  /** What another window comes to; null: it has no row. `labels`: canonical encoding. */
  absent(labels: string, endMs: number): ComputedValue | null;
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
  computed: ComputedRows,
): Compared {
  const expected = new Map(computed.rows.map((row) => [`${row.labels} ${row.endMs}`, row]));
  const mismatches: Mismatch[] = [];
  let compared = 0;
  let open = 0;
  for (const row of streamed) {
    const key = `${row.labels} ${row.endMs}`;
    const due = expected.get(key);
    expected.delete(key);
    if (row.state !== 'final' && (definition.window.kind !== 'total' || row.state === 'backfilling')) {
      open++;
      continue;
    }
    compared++;
    const value = due === undefined ? computed.absent(row.labels, row.endMs) : due.value;
    if (value !== null && agrees(definition, row, value) && row.startMs === windowStart(definition.window, row.endMs))
      continue;
    const { labels, startMs, endMs, value: shown, exact, samples, reason } = row;
    mismatches.push({
      labels: decodeLabels(labels),
      startMs,
      endMs,
      streamed: { value: shown, exact, samples, reason },
      computed: value,
    });
  }
  for (const { labels, endMs, value } of expected.values()) {
    compared++;
    const startMs = windowStart(definition.window, endMs);
    mismatches.push({ labels: decodeLabels(labels), startMs, endMs, streamed: null, computed: value });
  }
  return { compared, open, mismatches };
}
