import { emptyState } from '../shared/core/aggregate/aggregate-state.ts';
import type { Definition } from '../shared/core/definition.ts';
import { encodeLabels } from '../shared/core/measure/labels.ts';
import { isDerived } from '../shared/core/formula/derived.ts';
import { type Result, resultOf } from '../shared/core/aggregate/result.ts';
import { isEffective } from '../shared/core/window/effective.ts';
import { lastEnd, nextEnd, windowStart } from '../shared/core/window/window.ts';
import type { ValueRow } from '../shared/ports/kpi-rows.ts';

/** How far a workflow's values are. */
export interface Progress {
  /** Event time up to which all of its events are in values; null: nobody knows yet, and nothing is filled. */
  readonly watermarkMs: number | null;
  /** Whether every value that was computed is stored: only then is a window without a row known to be empty. */
  readonly stored: boolean;
}

/** Which windows of a range are to be there. */
export interface RangeToFill {
  readonly definition: Definition;
  /** Rows of the range by labels and window end; where there are `rowsMax` of them, more may follow. */
  readonly stored: readonly ValueRow[];
  /** The last row of each series up to the end of the range, by labels. */
  readonly known: readonly ValueRow[];
  /** First and last window end; without `fromMs` a series begins with its first row, without `toMs` it goes on to now. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly progress: Progress;
  readonly rowsMax: number;
}

/** What a row of an empty window shares with the others of its series. */
type SeriesPlace = Pick<ValueRow, 'labels' | 'labelMap' | 'labelPartition'>;

/**
 * The rows of a range of tumbling windows, with one for each window that had no event: zero for counts and sums, no
 * value for the rest. Only windows that have begun by the watermark are filled. Gives at most `rowsMax` rows.
 */
export function fillRange(range: RangeToFill): ValueRow[] {
  const { definition, fromMs, toMs = Infinity, rowsMax } = range;
  const bySeries = new Map<string, ValueRow[]>();
  for (const row of range.stored) bySeries.set(row.labels, [...(bySeries.get(row.labels) ?? []), row]);
  const filled: ValueRow[] = [];
  for (const place of placesOf(definition, range.known)) {
    const rows = bySeries.get(place.labels) ?? [];
    let next = 0;
    let endMs = fromMs === undefined ? (rows[0]?.windowEndMs ?? Infinity) : nextEnd(definition.window, fromMs - 1);
    while (endMs <= toMs && filled.length < rowsMax) {
      const row = rows[next];
      const shown = row?.windowEndMs === endMs ? row : emptyRow(definition, place, endMs, range.progress);
      if (shown === row) next++;
      if (shown !== null) filled.push(shown);
      else if (row === undefined) break;
      endMs = shown === null ? row!.windowEndMs : nextEnd(definition.window, endMs);
    }
  }
  return filled;
}

/** The rows that hold at an instant: of each series that of the window that ended last. */
export function fillInstant(at: {
  readonly definition: Definition;
  /** The last row of each series up to the instant, by labels. */
  readonly known: readonly ValueRow[];
  readonly atMs: number;
  readonly progress: Progress;
}): ValueRow[] {
  const { definition, known, atMs, progress } = at;
  const endMs = lastEnd(definition.window, atMs);
  const current = new Map(known.filter(({ windowEndMs }) => windowEndMs === endMs).map((row) => [row.labels, row]));
  return placesOf(definition, known).flatMap(
    (place) => current.get(place.labels) ?? emptyRow(definition, place, endMs, progress) ?? [],
  );
}

/** The series: those known, and the only one of a KPI without labels, which is there before its first event. */
function placesOf({ by }: Definition, known: readonly ValueRow[]): readonly SeriesPlace[] {
  if (by.length > 0 || known.length > 0) return known;
  return [{ labels: encodeLabels({}), labelMap: {}, labelPartition: 0 }];
}

/** The row of a window without events; null where it has not begun, is of another version, or nobody knows. */
function emptyRow(
  definition: Definition,
  { labels, labelMap, labelPartition }: SeriesPlace,
  windowEndMs: number,
  { watermarkMs, stored }: Progress,
): ValueRow | null {
  const { kpi, hash, window, settleMs } = definition;
  const windowStartMs = windowStart(window, windowEndMs);
  if (watermarkMs === null || windowStartMs > watermarkMs || !isEffective(definition, windowEndMs)) return null;
  const { value, exact, samples } = emptyResult(definition);
  return {
    kpi,
    definition: hash,
    labels,
    labelMap,
    labelPartition,
    windowStartMs,
    windowEndMs,
    validToMs: nextEnd(window, windowEndMs),
    value,
    valueExact: exact,
    samples,
    state: stored && windowEndMs + settleMs <= watermarkMs ? 'final' : 'provisional',
    revision: 0,
    reason: '',
    withdrawn: false,
    version: 0n,
  };
}

/** What a window without events comes to. Of a derived KPI nothing is said: that depends on the KPIs that it uses. */
function emptyResult(definition: Definition): Result {
  if (isDerived(definition)) return { value: null, exact: null, samples: 0 };
  return resultOf(definition, emptyState(definition.aggregate));
}

/** How far the slowest of several workflows is. */
export function slowestOf(all: readonly Progress[]): Progress {
  const watermarks = all.map(({ watermarkMs }) => watermarkMs);
  return {
    watermarkMs: watermarks.includes(null) ? null : Math.min(...watermarks.map((ms) => ms ?? Infinity)),
    stored: all.every(({ stored }) => stored),
  };
}
