import { CaseFolds } from '../../services/shared/core/measure/case-folds.ts';
import type { SliceGroup } from '../../services/shared/core/measure/workflow-plan.ts';
import { type Guard, guard, guardOf } from './take-away.ts';

/** Guards of definitions that are effective from a time on: ARCHITECTURE.md. */
export const effectiveGuards: readonly Guard[] = [
  guard('4.7', 'what comes before a definition is effective does not count', CaseFolds, 'foldOf', (foldOf) => {
    return function (pair) {
      const slices = (pair.slices as SliceGroup[]).map((group) =>
        Object.create(group, { fromMs: { value: -Infinity } }),
      );
      return foldOf.call(this, { ...pair, slices });
    };
  }),
  guardOf('4.7', 'no window begins before its time', 'isEffective', () => () => true),
];
