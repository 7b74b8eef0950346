import type { Delta } from '../../shared/core/case-state.ts';
import type { MeasurePlan } from '../../shared/core/measure-plan.ts';
import { sliceStart } from '../../shared/core/window.ts';
import { type RowKey, rowKeysOf } from './slice-entry.ts';

/** Label sets of one definition whose keys are remembered; beyond it remembering starts afresh. */
export const REMEMBERED_LABELS_MAX = 10_000;
/** Slices of a label set: a batch of a log that is read in a hurry goes over some of them. */
const REMEMBERED_SLICES = 8;

/** The slices of a label set used last, each with its rows; the one put in first gives way. */
interface Recent {
  readonly startsMs: number[];
  readonly keys: (readonly RowKey[])[];
  next: number;
}

/**
 * The rows that deltas go to, remembered by label set for the slices used last: events meet the same rows again and
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
    let recent = byLabels.get(labels);
    if (recent === undefined) {
      if (byLabels.size >= REMEMBERED_LABELS_MAX) byLabels.clear();
      byLabels.set(labels, (recent = { startsMs: [], keys: [], next: 0 }));
    }
    const known = recent.startsMs.indexOf(startMs);
    if (known >= 0) return recent.keys[known]!;
    const keys = rowKeysOf(delta);
    recent.startsMs[recent.next] = startMs;
    recent.keys[recent.next] = keys;
    recent.next = (recent.next + 1) % REMEMBERED_SLICES;
    return keys;
  }
}
