import type { Definition } from '../../shared/core/definition.ts';
import { IMPORT_REASON } from '../../shared/core/messages.ts';
import type { Result } from '../../shared/core/aggregate/result.ts';
import { causeOf, LATE_REASON, reasonText } from '../../shared/core/aggregate/value-reason.ts';
import { nextEnd, tumbles } from '../../shared/core/window/window.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import type { Due } from './due.ts';
import { Dues } from './dues.ts';
import { isFilling, LevelReader, resultAt } from './evaluate.ts';
import type { PendingEnds } from './pending-ends.ts';
import type { OpenImports, Series } from './series.ts';
import type { Stretch } from './watermark-steps.ts';
import { affectedEnds, endsWith, isRequired, pendingOf } from './window-ends.ts';

/** The record at which values are computed, and what its log has said of time and imports. */
export interface Moment {
  readonly partition: number;
  readonly version: bigint;
  /** Watermark of the series' workflow when its values were computed last, and now. */
  readonly beforeMs: number | null;
  readonly watermarkMs: number | null;
  readonly imports: OpenImports;
  /** Of what moves with time: where it gets rows that it has not had. */
  readonly stretches: readonly Stretch[];
  /** Nothing was computed since the owner restored: what the one before it published and did not store is not known. */
  readonly isFirst: boolean;
  /** How many windows a jump of the watermark gives rows to. */
  readonly movingEndsMax: number;
}

/** What has value rows: a series of slices, or one that is computed from such. */
export interface RowHolder {
  readonly definition: Definition;
  readonly labels: string;
  readonly labelMap: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, ValueRow>;
  readonly pendingEnds: PendingEnds;
}

/** What decides the row of one window end. */
export interface RowContent {
  /** Whether the window has a row. */
  readonly required: boolean;
  /** Whether an open import fills it. */
  readonly filling: boolean;
  /** Its value; `why`: why there is none, for people. */
  result(): Result & { readonly windowStartMs: number; readonly why?: string | null };
}

/**
 * Computes what the changed slices of a series and a watermark that moved change (of what moves with time alone `computeMoving`
 * does), and marks the slices as done. Gives the
 * rows to publish; they are in `series.values` already.
 */
export function computeValues(series: Series, moment: Moment): ValueRow[] {
  if (series.dirty.size === 0 && (moment.watermarkMs === moment.beforeMs || series.pendingEnds.size === 0)) {
    series.settle();
    return [];
  }
  const isLevel = series.definition.window.kind === 'instant';
  let levels: LevelReader | null = null;
  if (isLevel && series.dirty.size > 0) {
    levels = new LevelReader(series, moment.imports);
    series.startLevel(levels.before);
  }
  const dues = dueEnds(series, moment);
  if (dues.length === 0) return [];
  // Time alone passes most ends of a level without one that is due: then none is read.
  if (isLevel) levels ??= new LevelReader(series, moment.imports);
  const rows: ValueRow[] = [];
  for (const due of dues) {
    const row = computeValue(series, due, levels, moment);
    if (row === null) continue;
    series.keep(row);
    rows.push(row);
  }
  return rows;
}

/** The window ends to look at, ascending: so each rolling window follows from the one before it. */
function dueEnds(series: Series, { beforeMs, watermarkMs }: Moment): readonly Due[] {
  const dues = new Dues();
  for (const startMs of series.dirty) markEnds(series, startMs, watermarkMs, dues);
  series.settle();
  if (watermarkMs !== null && watermarkMs !== beforeMs)
    for (const endMs of series.pendingEnds.upTo(watermarkMs))
      for (const each of endsWith(series.definition.window, endMs)) dues.at(each);
  return dues.ascending();
}

/** Notes what a changed slice brings up. */
function markEnds(series: Series, startMs: number, watermarkMs: number | null, dues: Dues): void {
  const { window } = series.definition;
  const uncertain = series.isUncertain(startMs);
  const touched = series.touched.has(startMs);
  const live = series.live.has(startMs);
  const change = { series, startMs, uncertain, touched, live };
  for (const endMs of affectedEnds(series, startMs, uncertain ? Infinity : (watermarkMs ?? -Infinity)))
    dues.mark(endMs, change);
  for (const watcher of series.watchers) watcher.note(change);
  if (window.kind !== 'total') for (const endMs of pendingOf(window, startMs)) series.pendingEnds.add(endMs);
}

/** The row of one window end of a series, or null where none goes out. */
function computeValue(series: Series, due: Due, levels: LevelReader | null, moment: Moment): ValueRow | null {
  const { endMs } = due;
  return rowOf(series, due, moment, {
    required: isRequired(series, endMs, moment.watermarkMs),
    get filling() {
      return isFilling(series, endMs, moment.imports, levels);
    },
    result: () => resultAt(series, endMs, levels),
  });
}

/** The row of one window end, or null where none goes out. */
export function rowOf(holder: RowHolder, due: Due, moment: Moment, content: RowContent): ValueRow | null {
  const { definition, labels } = holder;
  const { endMs, forced, uncertain } = due;
  const { version, watermarkMs } = moment;
  const total = definition.window.kind === 'total';
  const before = holder.values.get(endMs);
  const { required } = content;
  const final = !total && watermarkMs !== null && endMs + definition.settleMs <= watermarkMs;
  if (!required && (before?.withdrawn ?? true) && !uncertain) {
    if (final) holder.pendingEnds.delete(endMs);
    return null;
  }
  const { filling } = content;
  const state = filling ? 'backfilling' : final ? 'final' : 'provisional';
  if (state === 'final' || (total && !filling)) holder.pendingEnds.delete(endMs);
  else holder.pendingEnds.add(endMs);
  // One row says that a window is being filled; its value follows when the import ends.
  // A total is one row, which no watermark will bring up again: it follows every change.
  const follows = uncertain || (forced && total);
  if (filling && before?.state === 'backfilling' && !before.withdrawn && !follows) return null;
  const { windowStartMs, value, exact, samples, why = null } = content.result();
  const withdrawn = !required;
  const same =
    before !== undefined &&
    before.value === value &&
    before.valueExact === exact &&
    before.samples === samples &&
    before.withdrawn === withdrawn;
  const revised = before !== undefined && before.state === 'final' && !same;
  const imported = (due.imported && !due.live) || filling || before?.state === 'backfilling';
  // What is the same as before is so for the same reason.
  const cause = same ? causeOf(before.reason) : imported ? IMPORT_REASON : revised ? LATE_REASON : '';
  const reason = reasonText(cause, why);
  if (same && before.state === state && before.reason === reason && !forced && !uncertain) return null;
  // A row that is ahead of this record was computed from at least what came up to its version.
  if (before !== undefined && before.version > version) return null;
  return {
    kpi: definition.kpi,
    definition: definition.hash,
    labels,
    labelMap: holder.labelMap,
    labelPartition: moment.partition,
    windowStartMs,
    windowEndMs: endMs,
    validToMs: tumbles(definition.window) ? nextEnd(definition.window, endMs) : null,
    value,
    valueExact: exact,
    samples,
    state,
    revision: (before?.revision ?? 0) + (revised ? 1 : 0),
    reason,
    withdrawn,
    version,
  };
}
