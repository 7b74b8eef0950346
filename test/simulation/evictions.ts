import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import { SliceTable } from '../../services/processor/aggregate/slice-table.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { SeriesTable } from '../../services/processor/roll/series-table.ts';
import type { FaultKind } from './faulty.ts';
import { replace } from './take-away.ts';

/** What leaves the owners' memory, and how it is counted. */
const MEMORIES = [
  [SliceTable, 'evicted slice rows'],
  [CaseCache, 'evicted cases'],
  [SeriesTable, 'evicted series'],
] as const;

/** Tells `count` whenever something leaves an owner's memory, until the function given back is called. */
export function watchEvictions(count: (fault: FaultKind) => void): () => void {
  const restores = MEMORIES.map(([memory, fault]) =>
    replace(memory, 'evict', (evict) => {
      return function (...limits) {
        const before = this.size as number;
        evict.apply(this, limits);
        if (this.size < before) count(fault);
      };
    }),
  );
  restores.push(
    replace(Series, 'trim', (trim) => {
      return function (floorMs) {
        const held = (): number => this.weight as number;
        const before = held();
        trim.call(this, floorMs);
        if (held() < before) count('trimmed series');
      };
    }),
  );
  return () => {
    for (const restore of restores) restore();
  };
}
