import { Frontiers } from '../../services/processor/aggregate/frontiers.ts';
import { SeriesTable } from '../../services/processor/roll/series-table.ts';
import { SourceProgress } from '../../services/processor/roll/source-progress.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of definitions that are filled while events go on coming in: ARCHITECTURE.md. */
export const fillGuards: readonly Guard[] = [
  guard('4.7', 'a case contributes nothing to a new definition before its turn', Frontiers, 'lacks', () => () => false),
  guard('4.7', 'the position holds how far definitions are', Frontiers, 'restore', (restore) => {
    return function () {
      restore.call(this, {});
    };
  }),
  guard('4.7', 'a value is computed only where every source has the definition whole', SourceProgress, 'lacks', () => {
    return () => false;
  }),
  guard('4.7', 'a series that was in memory meanwhile is read again', SeriesTable, 'readAgain', () => async () => {}),
];
