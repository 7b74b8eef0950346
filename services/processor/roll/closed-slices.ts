/** Before a state: the net number of contributions, a double. */
const SAMPLES_BYTES = 8;
const NOTHING = new Uint8Array(0);

/**
 * Slices that nothing changes any more, by their start: how many contributions, and their state in its binary form.
 * A percentile over a rolling day has 1,440 of them, in each of a thousand series: all lie in one array of bytes, since
 * an object for each would take ten times the memory. They come in the order of time and leave from its beginning; one
 * that does neither costs a copy of all.
 */
export class ClosedSlices {
  private readonly startsMs: number[] = [];
  /** Where each ends in `bytes`. */
  private readonly endsAt: number[] = [];
  private bytes = NOTHING;

  get size(): number {
    return this.startsMs.length;
  }

  /** Ascending, ms UTC. */
  starts(): readonly number[] {
    return this.startsMs;
  }

  has(startMs: number): boolean {
    return this.startsMs[this.indexOf(startMs)] === startMs;
  }

  /** Null: there is no such slice. */
  samples(startMs: number): number | null {
    const index = this.indexOf(startMs);
    if (this.startsMs[index] !== startMs) return null;
    return new DataView(this.bytes.buffer).getFloat64(this.beginOf(index));
  }

  /** The state, not to be changed and valid until the next change; null: there is no such slice. */
  state(startMs: number): Uint8Array | null {
    const index = this.indexOf(startMs);
    if (this.startsMs[index] !== startMs) return null;
    return this.bytes.subarray(this.beginOf(index) + SAMPLES_BYTES, this.endsAt[index]);
  }

  /** Adds a slice that is not there. */
  add(startMs: number, samples: number, state: Uint8Array): void {
    const index = this.indexOf(startMs);
    const at = this.beginOf(index);
    const length = SAMPLES_BYTES + state.length;
    this.makeRoom(at, length);
    new DataView(this.bytes.buffer).setFloat64(at, samples);
    this.bytes.set(state, at + SAMPLES_BYTES);
    this.startsMs.splice(index, 0, startMs);
    this.endsAt.splice(index, 0, at + length);
    for (let later = index + 1; later < this.endsAt.length; later++) this.endsAt[later]! += length;
  }

  /** Takes a slice out, if it is there. */
  delete(startMs: number): void {
    const index = this.indexOf(startMs);
    if (this.startsMs[index] === startMs) this.cut(index, index + 1);
  }

  /** Takes out the slices that start before a time. */
  deleteBefore(fromMs: number): void {
    this.cut(0, this.indexOf(fromMs));
  }

  private cut(from: number, to: number): void {
    if (from === to) return;
    const [at, behind] = [this.beginOf(from), this.beginOf(to)];
    const length = this.used;
    // A copy of what stays: the room that it leaves is given back.
    const bytes = new Uint8Array(length - (behind - at));
    bytes.set(this.bytes.subarray(0, at));
    bytes.set(this.bytes.subarray(behind, length), at);
    this.bytes = bytes;
    this.startsMs.splice(from, to - from);
    this.endsAt.splice(from, to - from);
    for (let later = from; later < this.endsAt.length; later++) this.endsAt[later]! -= behind - at;
  }

  private makeRoom(at: number, length: number): void {
    const { used } = this;
    if (used + length > this.bytes.length) {
      const bytes = new Uint8Array(Math.ceil((used + length) * 1.25));
      bytes.set(this.bytes.subarray(0, used));
      this.bytes = bytes;
    }
    this.bytes.copyWithin(at + length, at, used);
  }

  private get used(): number {
    return this.endsAt.at(-1) ?? 0;
  }

  private beginOf(index: number): number {
    return index === 0 ? 0 : this.endsAt[index - 1]!;
  }

  /** Of the first slice that starts at this time or later. */
  private indexOf(startMs: number): number {
    let [low, high] = [0, this.startsMs.length];
    // Most are asked for at the end.
    if (high === 0 || this.startsMs[high - 1]! < startMs) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.startsMs[middle]! < startMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
