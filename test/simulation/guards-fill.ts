import { Frontiers } from '../../services/processor/aggregate/frontiers.ts';
import { PartsAside } from '../../services/processor/roll/parts-aside.ts';
import { SeriesTable } from '../../services/processor/roll/series-table.ts';
import { SourceProgress } from '../../services/processor/roll/source-progress.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of definitions that are filled while events go on coming in: ARCHITECTURE.md. */
export const fillGuards: readonly Guard[] = [
  guard('4.7', 'a case contributes nothing to a new definition before its turn', Frontiers, 'lacks', () => () => false),
  guard('4.7', 'a fill that was made already does nothing', Frontiers, 'advance', (advance) => {
    return function (definitions, after, upTo) {
      const known = definitions.filter((hash: string) => this.byHash.has(hash));
      for (const hash of known) this.byHash.set(hash, after);
      return advance.call(this, definitions, after, upTo);
    };
  }),
  guard('4.7', 'the position holds how far definitions are', Frontiers, 'restore', (restore) => {
    return function () {
      restore.call(this, {});
    };
  }),
  guard('4.7', 'a value is computed only where every source has the definition whole', SourceProgress, 'lacks', () => {
    return () => false;
  }),
  guard('4.7', 'what the store may lack of a blocked definition is kept aside', PartsAside, 'put', () => () => {}),
  guard('4.7', 'a series that was in memory meanwhile is read again', SeriesTable, 'readAgain', () => async () => {}),
  guard('4.7', 'windows of slices that were only reached are computed too', Series, 'deepen', (deepen) => {
    return function (floorMs, parts, rows) {
      const before = new Set(this.dirty as Set<number>);
      const hadFromMs = this.floorMs - this.reachMs;
      deepen.call(this, floorMs, parts, rows);
      for (const startMs of this.dirty as Set<number>)
        if (startMs >= hadFromMs && !before.has(startMs)) this.dirty.delete(startMs);
    };
  }),
];
