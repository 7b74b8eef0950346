import type { Delta } from '../../shared/core/measure/case-folds.ts';
import type { CutTimes } from '../../shared/core/retention.ts';
import type { SliceGroup } from '../../shared/core/measure/workflow-plan.ts';
import { sliceStart } from '../../shared/core/window/window.ts';

/**
 * Whether a delta is of a slice that changes no more. Those of totals and levels always change: no later one stands for
 * what they have.
 */
export function isFrozen({ group, timeMs }: Pick<Delta, 'group' | 'timeMs'>, cut: CutTimes): boolean {
  return mayFreeze(group) && sliceStart(group.window, timeMs) < cut.frozenMs;
}

/**
 * What a delta is to a definition that is computed after a cut, whose slices begin there: nothing where it is frozen. What a
 * level had before stands in the first of its slices: of the cases that are archived it is what was open then.
 */
export function sinceCut(delta: Delta, cut: CutTimes): readonly Delta[] {
  if (isFrozen(delta, cut)) return [];
  return delta.group.isLevel && delta.timeMs < cut.frozenMs ? [{ ...delta, timeMs: cut.frozenMs }] : [delta];
}

/** Whether the slices of a group change no more once they are old enough. */
export function mayFreeze({ isLevel, window }: Pick<SliceGroup, 'isLevel' | 'window'>): boolean {
  return !isLevel && window.kind !== 'total';
}
