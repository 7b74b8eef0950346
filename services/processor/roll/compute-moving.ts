import { goesOn } from '../../shared/core/aggregate/moving.ts';
import { isEffective } from '../../shared/core/window/effective.ts';
import { sliceEnd, sliceStart } from '../../shared/core/window/window.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import { type Moment, type RowContent, rowOf } from './compute-values.ts';
import type { Due } from './due.ts';
import { Dues } from './dues.ts';
import { resultAt } from './evaluate.ts';
import { MovingReader } from './moving-reader.ts';
import type { Series, SliceChange } from './series.ts';
import { endsIn } from './watermark-steps.ts';
import { pendingOf } from './window-ends.ts';

/** Times as many rows as a jump of the watermark brings: with more, old ones leave memory. */
const ROWS_KEPT = 4;

/**
 * Computes what changed slices and time change in a series whose values move with time alone. Its windows have rows once
 * the watermark has passed them: where a slice with changes ends, and of the last ones each in which anything is observed.
 * A row that is there is kept right whatever comes late. Gives the rows to publish; they are in `series.values` already.
 */
export function computeMoving(series: Series, moment: Moment): ValueRow[] {
  const { watermarkMs, beforeMs } = moment;
  if (series.dirty.size === 0 && watermarkMs === beforeMs) {
    series.settle();
    return [];
  }
  const dues = new Dues();
  const reader = new MovingReader(series, moment.imports);
  markChanges(series, moment, reader, dues);
  series.settle();
  if (watermarkMs === null) return [];
  if (watermarkMs !== beforeMs) {
    for (const endMs of series.pendingEnds.upTo(watermarkMs)) dues.at(endMs);
    for (const endMs of endsIn(series.definition.window, moment.stretches, beforeMs ?? -Infinity)) dues.at(endMs);
  }
  const rows: ValueRow[] = [];
  for (const due of dues.ascending()) {
    const row = rowOf(series, due, moment, contentAt(series, due.endMs, reader, moment));
    if (row === null) continue;
    series.keep(row);
    rows.push(row);
    for (const watcher of series.watchers) watcher.noteDue(series, due);
  }
  const lastEndMs = sliceStart(series.definition.window, watermarkMs);
  series.goesOn = reader.resultAt(lastEndMs).samples !== 0 || goesOn(series.levelUpTo(lastEndMs));
  return rows;
}

/**
 * Rows that only something late will change need not be in memory, once there are many. To be called when what was computed
 * is noted as not stored.
 */
export function dropOldRows(series: Series, { stretches, movingEndsMax, imports }: Moment): void {
  const [first] = stretches;
  // A KPI that is computed from others looks at their rows where any of them changes.
  if (first === undefined || series.watchers.length > 0 || series.mayBeInImport(imports)) return;
  if (series.values.size > ROWS_KEPT * movingEndsMax)
    series.dropRows(sliceStart(series.definition.window, first.fromMs));
}

/** Notes what the changed slices bring up: every row from the end of the first one on, and those that it may newly have. */
function markChanges(
  series: Series,
  { watermarkMs, stretches, isFirst }: Moment,
  reader: MovingReader,
  dues: Dues,
): void {
  const { window } = series.definition;
  const changes = changesOf(series);
  const unsure = series.isUnsure();
  for (const { change } of changes) {
    for (const watcher of series.watchers) watcher.note(change);
    for (const endMs of pendingOf(window, change.startMs)) series.pendingEnds.add(endMs);
  }
  const firstMs = changes[0]?.endMs;
  if (firstMs === undefined || watermarkMs === null) return;
  const ends = new Set(changes.map(({ endMs }) => endMs));
  if (series.latestRowMs >= firstMs) for (const endMs of series.values.keys()) if (endMs >= firstMs) ends.add(endMs);
  for (const endMs of endsIn(window, stretches, firstMs - 1)) ends.add(endMs);
  let at = 0;
  const all: Omit<Due, 'endMs'> = { forced: false, uncertain: false, imported: false, live: false };
  for (const endMs of [...ends].sort((a, b) => a - b)) {
    for (; at < changes.length && changes[at]!.endMs <= endMs; at++) {
      const { touched, uncertain, live } = changes[at]!.change;
      all.forced ||= touched;
      all.uncertain ||= uncertain;
      if (live) all.live = true;
      else all.imported = true;
    }
    const known = series.values.has(endMs);
    if (endMs > watermarkMs && !known) continue;
    const own = changes[at - 1]!.endMs === endMs;
    // While an import fills them nobody gives rows to windows that have none; an owner from before it may have.
    if (!known && !own && !isFirst && reader.isFilling(endMs)) continue;
    // Where there was no row nobody else has one either, unless they saw more or less of what changed than this owner.
    Object.assign(dues.at(endMs), all, {
      uncertain: known || own ? all.uncertain || unsure : unsure,
    });
  }
}

/** The changed slices by their ends, ascending. */
function changesOf(series: Series): { readonly endMs: number; readonly change: SliceChange }[] {
  const { window } = series.definition;
  const changes = [...series.dirty].map((startMs) => {
    const touched = series.touched.has(startMs);
    const change = { series, startMs, touched, uncertain: series.isUncertain(startMs), live: series.live.has(startMs) };
    return { endMs: sliceEnd(window, startMs), change };
  });
  return changes.sort((a, b) => a.endMs - b.endMs);
}

function contentAt(
  series: Series,
  endMs: number,
  reader: MovingReader,
  { watermarkMs, stretches }: Moment,
): RowContent {
  const { window, aggregate } = series.definition;
  const filling = reader.isFilling(endMs);
  const startMs = sliceStart(window, endMs - 1);
  const isRequired = (): boolean => {
    if (watermarkMs === null || endMs > watermarkMs || !isEffective(series.definition, endMs)) return false;
    if (series.samples(startMs) !== 0) return true;
    if (reader.resultAt(endMs).samples === 0)
      // Nothing is observed any more: one row says so.
      return aggregate.kind === 'integral' && window.kind !== 'tumbling' && reader.resultAt(startMs).samples !== 0;
    if (series.values.has(endMs)) return true;
    // Windows that have no row yet get one when the import is through.
    return !filling && stretches.some(({ fromMs, toMs }) => endMs > fromMs && endMs <= toMs);
  };
  return { required: isRequired(), filling, result: () => resultAt(series, endMs, reader) };
}
