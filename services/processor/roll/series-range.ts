import { isMoving } from '../../shared/core/aggregate/moving.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { sliceStart } from '../../shared/core/window/window.ts';
import { reachBackMs, unitBefore } from '../../shared/core/window/window-to-date.ts';

/**
 * From which slice start on the slices of a series have window ends that time alone will change: those of earlier slices
 * are final at this watermark. A level's rows change where its latest slice is; a total's never with time.
 */
export function activeFromMs({ window, settleMs }: Definition, watermarkMs: number | null): number {
  if (window.kind === 'total') return Infinity;
  if (watermarkMs === null) return -Infinity;
  const finalMs = watermarkMs - settleMs;
  // The unit before the one that is under way has the row at which this one begins.
  if (window.kind === 'to-date') return unitBefore(window, finalMs).startMs;
  // A slice of a rolling window ends one window later, where it leaves.
  return sliceStart(window, window.kind === 'rolling' ? finalMs - window.sizeMs : finalMs);
}

/**
 * Up to which slice start all windows that end there are final at this watermark. Of a rolling window that is later than
 * where slices begin that time alone will change: those that leave are in memory because later windows reach them.
 */
export function finalUpToMs(definition: Definition, watermarkMs: number | null): number {
  const { window, settleMs } = definition;
  if (window.kind !== 'rolling' || watermarkMs === null) return activeFromMs(definition, watermarkMs);
  return sliceStart(window, watermarkMs - settleMs);
}

/** Whether a series is of use in memory only as a whole: a level is made of every change before it. */
export function isWhole(definition: Definition): boolean {
  const { window } = definition;
  return window.kind === 'instant' || window.kind === 'total' || isMoving(definition);
}

/** How much earlier slices begin that windows of a slice are made of, or at whose end one of them leaves, ms. */
export function reachMs({ window }: Definition): number {
  // With the unit before, whose data bring up the row at which this one begins.
  if (window.kind === 'to-date') return reachBackMs(window);
  return window.kind === 'rolling' ? window.sizeMs + window.everyMs : 0;
}
