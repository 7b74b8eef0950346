/** Seeded random numbers (mulberry32) with the distributions that the simulators draw from. */
export class Random {
  private state: number;

  /** `parts` name the stream: the same parts give the same numbers for ever. */
  constructor(...parts: readonly (string | number)[]) {
    this.state = hashOf(parts.join('\u0000'));
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Exponential: the time between independent arrivals. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Lognormal: `spread` is the standard deviation of the logarithm. */
  around(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(spread * normal);
  }

  /** One of the entries, each as often as its weight says. */
  weighted<T extends { readonly weight: number }>(entries: readonly T[]): T {
    let left = this.next() * entries.reduce((sum, { weight }) => sum + weight, 0);
    for (const entry of entries) if ((left -= entry.weight) < 0) return entry;
    return entries.at(-1)!;
  }
}

/** FNV-1a, finished as in MurmurHash3 so that neighbouring texts give unlike seeds. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
