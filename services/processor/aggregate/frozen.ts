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

/** Whether the slices of a group change no more once they are old enough. */
export function mayFreeze({ isLevel, window }: Pick<SliceGroup, 'isLevel' | 'window'>): boolean {
  return !isLevel && window.kind !== 'total';
}
