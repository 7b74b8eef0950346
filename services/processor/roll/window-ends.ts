import type { WindowSpec } from '../../shared/core/definition.ts';
import { sliceEnd } from '../../shared/core/window.ts';
import type { Series } from './series.ts';

/**
 * Which windows of a series have a value row: those at whose end a slice with data enters or leaves, a leaving one once
 * the watermark is there. It follows from the slices and the watermark alone, never from the way there.
 */
export function isRequired(series: Series, endMs: number, watermarkMs: number | null): boolean {
  const { window } = series.definition;
  if (window.kind === 'tumbling' || window.kind === 'total') return true;
  if (series.samples(endMs - window.everyMs) !== 0) return true;
  if (window.kind === 'instant') return false;
  if (watermarkMs === null || endMs > watermarkMs) return false;
  return series.samples(endMs - window.sizeMs - window.everyMs) !== 0;
}

/** The ends at which a slice enters and (rolling windows) leaves. */
export function endsOf(window: WindowSpec, sliceStartMs: number): number[] {
  const endMs = sliceEnd(window, sliceStartMs);
  return window.kind === 'rolling' ? [endMs, endMs + window.sizeMs] : [endMs];
}

/**
 * The ends of existing or required rows whose value a change of this slice may change. Rows at whose end a slice only
 * leaves come with the watermark: those behind `leavingUpToMs` are not among them.
 */
export function affectedEnds(series: Series, sliceStartMs: number, leavingUpToMs: number): number[] {
  const { window } = series.definition;
  const ends = endsOf(window, sliceStartMs);
  const firstMs = ends[0]!;
  if (window.kind === 'instant') {
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
  }
  return ends;
}
