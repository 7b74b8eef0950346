/** A topic as an epoch knew it. */
export interface TopicBefore {
  readonly identity: string;
  readonly partitions: number;
  /** By partition: an offset as rows have it, less the offset in the topic. */
  readonly shifts: readonly number[];
}

/** A topic as it is now: by partition its first offset and its end, in the topic. */
export interface TopicNow {
  readonly identity: string;
  readonly partitions: number;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** How far the fold of a topic's partitions is, in offsets as rows have them. */
export interface FoldReach {
  /** By partition of before: the next record to read. */
  readonly next: readonly number[];
  /** By partition of before: one more than the last record that any row holds. */
  readonly rowEnds: readonly number[];
}

/** What becomes of a topic in the next epoch. */
export interface TopicPlan {
  readonly change: 'none' | 'recreated' | 'partitions' | 'expired';
  readonly shifts: readonly number[];
  /** By partition: where its fold goes on, in offsets as rows have them. */
  readonly next: readonly number[];
  /** By partition: the records in the topic that were not read and stand in a wrong partition now, half-open. */
  readonly misplaced: readonly { readonly from: number; readonly to: number }[];
  /** Records that no fold will read. */
  readonly lost: number;
}

/**
 * How a fold goes on over a topic that is no longer what it was: the offsets of its rows go on where they end, whatever
 * the topic's own begin with, so that every record to come is above every row. A topic that is as it was keeps its place.
 */
export function planTopic(before: TopicBefore, now: TopicNow, { next, rowEnds }: FoldReach): TopicPlan {
  const same = before.identity === now.identity;
  const above = (p: number): number => Math.max(next[p] ?? 0, rowEnds[p] ?? 0);
  if (before.partitions !== now.partitions) return planPartitions(before, now, next, above);
  const places = now.starts.map((start, p) => {
    const end = now.ends[p]!;
    const reached = next[p]! - before.shifts[p]!;
    const inside = same && reached >= start && reached <= end;
    if (inside) return { shift: before.shifts[p]!, next: next[p]!, moved: false, lost: 0 };
    // Behind its end: the log lost records that were read. Before its start: it removed some that were not.
    const from = same && reached > end ? end : start;
    return { shift: above(p) - from, next: above(p), moved: true, lost: same ? Math.max(0, start - reached) : 0 };
  });
  const moved = places.some((place) => place.moved);
  return {
    change: same ? (moved ? 'expired' : 'none') : 'recreated',
    shifts: places.map(({ shift }) => shift),
    next: places.map((place) => place.next),
    misplaced: [],
    lost: places.reduce((sum, { lost }) => sum + lost, 0),
  };
}

/** Keys are in other partitions now: all go on above every row there is, and what was not read is written anew. */
function planPartitions(
  before: TopicBefore,
  now: TopicNow,
  next: readonly number[],
  above: (p: number) => number,
): TopicPlan {
  const same = before.identity === now.identity;
  const from = Math.max(...Array.from({ length: before.partitions }, (_, p) => above(p)));
  const misplaced = now.ends.map((end, p) => {
    const reached = same && p < before.partitions ? next[p]! - before.shifts[p]! : 0;
    return { from: Math.min(end, Math.max(reached, now.starts[p]!)), to: end };
  });
  return {
    change: 'partitions',
    shifts: now.ends.map((end) => from - end),
    next: now.ends.map(() => from),
    misplaced,
    lost: 0,
  };
}
