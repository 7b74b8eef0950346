/** Up to so many changes are made one by one; more in one pass over everything. */
const SINGLE_MAX = 16;
/** Up to so many keys take just the room that they need: most slices have few, and there are hundreds of thousands. */
const SHORT_MAX = 16;

/** How often each key came: keys ascending, and how many of each. No count is 0. */
export interface SortedCounts<K extends number | bigint> {
  keys: K[];
  counts: number[];
}

export function noCounts<K extends number | bigint>(): SortedCounts<K> {
  return { keys: [], counts: [] };
}

/** Adds `count` (negative: takes back) to a key; one that comes to 0 leaves. */
export function addCount<K extends number | bigint>(into: SortedCounts<K>, key: K, count: number): void {
  const { keys, counts } = into;
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  if (keys[low] !== key) {
    if (keys.length < SHORT_MAX) {
      into.keys = keys.toSpliced(low, 0, key);
      into.counts = counts.toSpliced(low, 0, count);
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

/** Adds (1) or takes back (-1) all of `from`, which stays as it is. */
export function addCounts<K extends number | bigint>(
  into: SortedCounts<K>,
  from: SortedCounts<K>,
  sign: 1 | -1 = 1,
): void {
  if (from.keys.length <= SINGLE_MAX) {
    from.keys.forEach((key, i) => addCount(into, key, sign * from.counts[i]!));
    return;
  }
  const merged = combine(into, from, sign);
  into.keys = merged.keys;
  into.counts = merged.counts;
}

/** left + sign · right, in one pass. */
function combine<K extends number | bigint>(
  left: SortedCounts<K>,
  right: SortedCounts<K>,
  sign: 1 | -1,
): SortedCounts<K> {
  const result = noCounts<K>();
  const take = (key: K, count: number): void => {
    if (count === 0) return;
    result.keys.push(key);
    result.counts.push(count);
  };
  let [l, r] = [0, 0];
  while (l < left.keys.length && r < right.keys.length) {
    const a = left.keys[l]!;
    const b = right.keys[r]!;
    if (a < b) take(a, left.counts[l++]!);
    else if (b < a) take(b, sign * right.counts[r++]!);
    else take(a, left.counts[l++]! + sign * right.counts[r++]!);
  }
  for (; l < left.keys.length; l++) take(left.keys[l]!, left.counts[l]!);
  for (; r < right.keys.length; r++) take(right.keys[r]!, sign * right.counts[r]!);
  return result;
}
