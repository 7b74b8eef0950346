import type { Definition, WindowSpec } from '../definition.ts';
import { unitSlice } from './window-to-date.ts';
import { isBetween, sliceEnd, sliceStart } from './window.ts';

/** Begin of the first window that begins at `ms` or after; not of a total, which never begins. */
export function firstBegin(window: WindowSpec, ms: number): number {
  if (window.kind === 'to-date') {
    const unit = unitSlice(window, ms);
    const beginMs = unit.startMs === ms ? ms : unit.endMs;
    return isBetween(window, beginMs) ? unitSlice(window, beginMs).endMs : beginMs;
  }
  const startMs = sliceStart(window, ms) === ms ? ms : sliceEnd(window, ms);
  return isBetween(window, startMs) ? sliceEnd(window, startMs) : startMs;
}

/** A time that parts the window ends: what begins before `beginMs`, which is where a window begins, ends there or before. */
export function lastEndBefore(window: WindowSpec, beginMs: number): number {
  if (window.kind === 'rolling') return beginMs + window.sizeMs - 1;
  return window.kind === 'instant' ? beginMs - 1 : beginMs;
}

/** Whether the window that ends at `endMs` is one of the definition's: it does not begin before it is effective. */
export function isEffective(
  { window, effectiveMs }: Pick<Definition, 'window' | 'effectiveMs'>,
  endMs: number,
): boolean {
  return effectiveMs === undefined || endMs > lastEndBefore(window, effectiveMs);
}
