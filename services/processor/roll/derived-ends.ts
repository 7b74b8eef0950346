import { isMoving, waitsForTime } from '../../shared/core/aggregate/moving.ts';
import { type Definition, LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import { isEffective } from '../../shared/core/window/effective.ts';
import { sliceEnd, sliceStart, TOTAL_END_MS } from '../../shared/core/window/window.ts';
import { unitSlice } from '../../shared/core/window/window-to-date.ts';
import type { DerivedSeries } from './derived-series.ts';
import type { SliceChange } from './series.ts';
import { reachMs } from './series-range.ts';
import { affectedEnds } from './window-ends.ts';

/** Whether the window of a derived series that ends at `endMs` has a row: where what it is computed from has one. */
export function isDerivedRequired(derived: DerivedSeries, endMs: number, watermarkMs: number | null): boolean {
  if (!isEffective(derived.definition, endMs)) return false;
  const ahead = watermarkMs === null || endMs > watermarkMs;
  // Some KPIs have no value before its time has passed, and nothing that uses them has.
  if (ahead && derived.leaves.some(({ definition }) => waitsForTime(definition))) return false;
  if (derived.definition.window.kind === 'total') return true;
  return derived.rowPlaces.hasRow(endMs, watermarkMs);
}

/** The ends of existing or required rows whose value a changed slice may change; as `affectedEnds` gives those of a series. */
export function derivedEnds(derived: DerivedSeries, change: SliceChange, watermarkMs: number | null): number[] {
  const { definition, lastEndMs, floorMs, values } = derived;
  const { window } = definition;
  if (window.kind === 'total') return [TOTAL_END_MS];
  // What lies before all slices of a level is in every value.
  if (change.startMs === LEVEL_TOTAL_MS) return [...values.keys()].filter((endMs) => endMs > floorMs);
  const { rowsFor, usedIn } = derived.leafOf(change.series);
  const leavingMs = change.uncertain ? Infinity : (watermarkMs ?? -Infinity);
  const own = rowsFor === null ? [] : affectedEnds(change.series, change.startMs, leavingMs).flatMap(rowsFor);
  const ends = new Set(own);
  const leafWindow = change.series.definition.window;
  const counted = [
    sliceEnd(leafWindow, change.startMs),
    countsThroughMs(change.series.definition, change.startMs),
  ] as const;
  for (const [fromMs, throughMs] of usedIn(counted)) {
    if (window.kind === 'instant') {
      for (const endMs of values.keys()) if (endMs >= fromMs && endMs <= throughMs) ends.add(endMs);
      continue;
    }
    // Beyond what has come and what has left there is nothing.
    const lastMs = Math.min(throughMs, lastEndMs + reachMs(definition), Math.max(leavingMs, lastEndMs));
    for (let endMs = firstEnd(window, fromMs); endMs <= lastMs; endMs = sliceEnd(window, endMs))
      if (values.has(endMs) || isDerivedRequired(derived, endMs, leavingMs)) ends.add(endMs);
  }
  return [...ends].filter((endMs) => endMs > floorMs);
}

/** The end of the last window that a slice counts in. A level is carried on for ever. */
function countsThroughMs(definition: Definition, startMs: number): number {
  const { window } = definition;
  const endMs = sliceEnd(window, startMs);
  if (window.kind === 'instant' || isMoving(definition)) return Infinity;
  if (window.kind === 'to-date') return Math.max(endMs, unitSlice(window, startMs).endMs);
  return window.kind === 'rolling' ? endMs + window.sizeMs - window.everyMs : endMs;
}

/** The first window end at `fromMs` or after. */
function firstEnd(window: Definition['window'], fromMs: number): number {
  const startMs = sliceStart(window, fromMs);
  return startMs === fromMs ? fromMs : sliceEnd(window, startMs);
}
