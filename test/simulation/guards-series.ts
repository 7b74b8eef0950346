import { LabelPlan } from '../../services/shared/core/measure/label-plan.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of the limit of label sets. */
export const seriesGuards: readonly Guard[] = [
  // Trap 18 of the checkpoint: what one partition admits counts as another in the next, and the series is split.
  guard('4.7', 'which label sets keep their labels is part of the definition', LabelPlan, 'admits', (admits) => {
    return function (labels) {
      if (admits.call(this, 'none')) return true;
      this.firstCome ??= labels;
      return labels === this.firstCome;
    };
  }),
];
