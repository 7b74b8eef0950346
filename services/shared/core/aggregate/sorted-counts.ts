/** Up to so many changes are made one by one; more in one pass over everything. */
const SINGLE_MAX = 16;
/** Up to so many keys take just the room that they need: most slices have few, and there are hundreds of thousands. */
const SHORT_MAX = 16;
/** From so many keys on changes wait for each other: one alone would move half of the keys. */
const LONG_MIN = 1_024;
/** Changes wait until they are this part of the keys. */
const WAITING_PART = 0.25;

/** How often each key came: keys ascending, and how many of each. No count is 0. */
export class SortedCounts<K extends number | bigint> {
  private sortedKeys: K[] = [];
  private sortedCounts: number[] = [];
  /** Changes that are not in the sorted ones yet. */
  private waiting: Map<K, number> | null = null;

  /** Ascending; not to be changed, and valid until the next change. */
  get keys(): readonly K[] {
    this.settle();
    return this.sortedKeys;
  }

  /** Of each key, in their order; not to be changed, and valid until the next change. */
  get counts(): readonly number[] {
    this.settle();
    return this.sortedCounts;
  }

  /** Adds `count` (negative: takes back) to a key; one that comes to 0 leaves. */
  add(key: K, count: number): void {
    const { waiting } = this;
    if (waiting === null && this.sortedKeys.length < LONG_MIN) {
      this.addSingle(key, count);
      return;
    }
    if (waiting === null) this.waiting = new Map([[key, count]]);
    else waiting.set(key, (waiting.get(key) ?? 0) + count);
    if (this.waiting!.size > this.sortedKeys.length * WAITING_PART) this.settle();
  }

  /** Adds a key that is greater than all others, with a count other than 0. */
  push(key: K, count: number): void {
    this.settle();
    this.sortedKeys.push(key);
    this.sortedCounts.push(count);
  }

  /** Adds (1) or takes back (-1) all of `from`, which stays as it is. */
  addAll(from: SortedCounts<K>, sign: 1 | -1 = 1): void {
    const { keys, counts } = from;
    if (keys.length > SINGLE_MAX) this.merge(keys, counts, sign);
    else for (const [i, key] of keys.entries()) this.add(key, sign * counts[i]!);
  }

  private settle(): void {
    if (this.waiting === null) return;
    const changes = [...this.waiting].filter(([, count]) => count !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
    this.waiting = null;
    this.merge(
      changes.map(([key]) => key),
      changes.map(([, count]) => count),
      1,
    );
  }

  private addSingle(key: K, count: number): void {
    const { sortedKeys: keys, sortedCounts: counts } = this;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    if (keys[low] !== key) {
      if (keys.length < SHORT_MAX) {
        this.sortedKeys = keys.toSpliced(low, 0, key);
        this.sortedCounts = counts.toSpliced(low, 0, count);
        return;
      }
      keys.splice(low, 0, key);
      counts.splice(low, 0, count);
      return;
    }
    const sum = counts[low]! + count;
    if (sum !== 0) counts[low] = sum;
    else {
      keys.splice(low, 1);
      counts.splice(low, 1);
    }
  }

  /** Adds sign · others, which are ascending, in one pass. */
  private merge(otherKeys: readonly K[], otherCounts: readonly number[], sign: 1 | -1): void {
    this.settle();
    const { sortedKeys: keys, sortedCounts: counts } = this;
    const [mergedKeys, mergedCounts]: [K[], number[]] = [[], []];
    const take = (key: K, count: number): void => {
      if (count === 0) return;
      mergedKeys.push(key);
      mergedCounts.push(count);
    };
    let [l, r] = [0, 0];
    while (l < keys.length && r < otherKeys.length) {
      const a = keys[l]!;
      const b = otherKeys[r]!;
      if (a < b) take(a, counts[l++]!);
      else if (b < a) take(b, sign * otherCounts[r++]!);
      else take(a, counts[l++]! + sign * otherCounts[r++]!);
    }
    for (; l < keys.length; l++) take(keys[l]!, counts[l]!);
    for (; r < otherKeys.length; r++) take(otherKeys[r]!, sign * otherCounts[r]!);
    this.sortedKeys = mergedKeys;
    this.sortedCounts = mergedCounts;
  }
}
