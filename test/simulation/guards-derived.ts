import { DerivedSeries } from '../../services/processor/roll/derived-series.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of KPIs that are computed from others: ARCHITECTURE.md. */
export const derivedGuards: readonly Guard[] = [
  guard('derived', 'what was touched goes out again', DerivedSeries, 'note', (note) => {
    return function (change) {
      note.call(this, { ...change, touched: false, uncertain: false });
    };
  }),
  guard('derived', 'a window of a rollup that was emptied gives its row back', DerivedSeries, 'leafOf', (leafOf) => {
    return function (series) {
      const leaf = leafOf.call(this, series);
      return leaf.isGrid ? leaf : { ...leaf, rowsFor: null };
    };
  }),
  guard('derived', 'growth follows the window before it', DerivedSeries, 'leafOf', (leafOf) => {
    return function (series) {
      const leaf = leafOf.call(this, series);
      return { ...leaf, usedIn: (span: Parameters<typeof leaf.usedIn>[0]) => leaf.usedIn(span).slice(0, 1) };
    };
  }),
];
