import type { Delta } from '../../shared/core/case-state.ts';
import type { MeasurePlan } from '../../shared/core/measure-plan.ts';
import { sliceStart } from '../../shared/core/window.ts';
import { type RowKey, rowKeysOf } from './slice-table.ts';

/** Label sets of one definition whose keys are remembered; beyond it remembering starts afresh. */
export const REMEMBERED_LABELS_MAX = 10_000;

interface Recent {
  readonly startMs: number;
  readonly keys: readonly RowKey[];
}

/**
 * The rows that deltas go to, remembered by label set for the slice used last: live events meet the same rows again and
 * again, and a key that is made anew is hashed anew.
 */
export class RecentRowKeys {
  private readonly byPlan = new WeakMap<MeasurePlan, Map<string, Recent>>();

  /** What `rowKeysOf` gives. */
  of(delta: Delta): readonly RowKey[] {
    const { plan, timeMs, labels } = delta;
    let byLabels = this.byPlan.get(plan);
    if (byLabels === undefined) this.byPlan.set(plan, (byLabels = new Map()));
    const startMs = sliceStart(plan.definition.window, timeMs);
    const known = byLabels.get(labels);
    if (known?.startMs === startMs) return known.keys;
    if (byLabels.size >= REMEMBERED_LABELS_MAX) byLabels.clear();
    const keys = rowKeysOf(delta);
    byLabels.set(labels, { startMs, keys });
    return keys;
  }
}
