import { DerivedSeries } from '../../services/processor/roll/derived-series.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of KPIs that are computed from others: ARCHITECTURE.md. */
export const derivedGuards: readonly Guard[] = [
  guard('derived', 'what was touched goes out again', DerivedSeries, 'note', (note) => {
    return function (change) {
      note.call(this, { ...change, touched: false, uncertain: false });
    };
  }),
];
