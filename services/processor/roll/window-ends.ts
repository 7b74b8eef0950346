import { isMoving, waitsForTime } from '../../shared/core/aggregate/moving.ts';
import type { WindowSpec } from '../../shared/core/definition.ts';
import { isEffective } from '../../shared/core/window/effective.ts';
import { isBetween, sliceEnd, sliceStart } from '../../shared/core/window/window.ts';
import {
  isBegin,
  nextBeginMs,
  nextUnitMs,
  type ToDateWindow,
  unitBefore,
  unitSlice,
} from '../../shared/core/window/window-to-date.ts';
import type { Series } from './series.ts';

/**
 * Which windows of a series have a value row: those at whose end a slice with data enters or leaves, a leaving one once
 * the watermark is there. It follows from the slices and the watermark alone, never from the way there.
 */
export function isRequired(series: Series, endMs: number, watermarkMs: number | null): boolean {
  const { window } = series.definition;
  if (!isEffective(series.definition, endMs)) return false;
  if (waitsForTime(series.definition) && (watermarkMs === null || endMs > watermarkMs)) return false;
  // Which windows of it have rows also depends on how time went: they are those that have one.
  if (isMoving(series.definition)) return series.values.get(endMs)?.withdrawn === false;
  if (window.kind === 'tumbling' || window.kind === 'total') return true;
  if (window.kind === 'shift') return !isBetween(window, endMs - 1);
  if (window.kind === 'to-date') return isRequiredToDate(series, window, endMs, watermarkMs);
  if (series.samples(endMs - window.everyMs) !== 0) return true;
  if (window.kind === 'instant') return false;
  if (watermarkMs === null || endMs > watermarkMs) return false;
  return series.samples(endMs - window.sizeMs - window.everyMs) !== 0;
}

/** Where a slice with data enters; and where a unit begins, once it has, if the one before it had data. */
function isRequiredToDate(series: Series, window: ToDateWindow, endMs: number, watermarkMs: number | null): boolean {
  if (isBetween(window, endMs - 1)) return false;
  const startMs = sliceStart(window, endMs - 1);
  if (series.samples(startMs) !== 0) return true;
  if (watermarkMs === null || watermarkMs < startMs || !isBegin(window, endMs)) return false;
  const before = unitBefore(window, startMs);
  return series.starts().some((each) => each >= before.startMs && each < before.endMs && series.samples(each) !== 0);
}

/**
 * The ends at which a slice enters and (rolling windows) leaves; of a unit so far, where the next one begins. What lies
 * between shifts enters nowhere.
 */
function endsOf(window: WindowSpec, sliceStartMs: number): number[] {
  if (isBetween(window, sliceStartMs)) return [];
  const endMs = sliceEnd(window, sliceStartMs);
  if (window.kind === 'to-date') return [endMs, nextBeginMs(window, sliceStartMs)];
  return window.kind === 'rolling' ? [endMs, endMs + window.sizeMs] : [endMs];
}

/** The ends at which time alone will change something that a slice of this start brought up. */
export function pendingOf(window: WindowSpec, sliceStartMs: number): number[] {
  const ends = endsOf(window, sliceStartMs);
  return window.kind === 'to-date' && ends.length > 0 ? [...ends, nextUnitMs(window, sliceStartMs)] : ends;
}

/** The ends of rows to look at when the watermark has passed this end: where a unit begins also that of its first slice. */
export function endsWith(window: WindowSpec, endMs: number): number[] {
  if (window.kind !== 'to-date' || unitSlice(window, endMs).startMs !== endMs) return [endMs];
  return [endMs, sliceEnd(window, endMs)];
}

/**
 * The ends of existing or required rows whose value a change of this slice may change. Rows at whose end a slice only
 * leaves come with the watermark: those behind `leavingUpToMs` are not among them.
 */
export function affectedEnds(series: Series, sliceStartMs: number, leavingUpToMs: number): number[] {
  const { window } = series.definition;
  const ends = endsOf(window, sliceStartMs);
  const [firstMs] = ends;
  if (firstMs === undefined) return [];
  if (window.kind === 'instant' || isMoving(series.definition)) {
    // A level is carried on: every later row changes with it.
    for (const endMs of series.values.keys()) if (endMs > firstMs) ends.push(endMs);
  } else if (window.kind === 'rolling') {
    const withinMs = firstMs + window.sizeMs - window.everyMs;
    const lastMs = Math.min(withinMs, Math.max(leavingUpToMs, series.lastEndMs));
    for (let endMs = firstMs + window.everyMs; endMs <= lastMs; endMs += window.everyMs) {
      const enters = series.samples(endMs - window.everyMs) !== 0;
      const leaves = endMs <= leavingUpToMs && series.samples(endMs - window.everyMs - window.sizeMs) !== 0;
      if (enters || leaves || series.values.has(endMs)) ends.push(endMs);
    }
  } else if (window.kind === 'to-date') {
    const { endMs: unitEndMs } = unitSlice(window, sliceStartMs);
    for (const endMs of series.values.keys()) if (endMs > firstMs && endMs <= unitEndMs) ends.push(endMs);
  }
  return ends;
}
