/**
 * Window ends that wait for the watermark. It passes none of them at most times, and then it costs nothing to know:
 * `earliestMs` is a lower bound of them all.
 */
export class PendingEnds {
  private readonly ends = new Set<number>();
  private earliestMs = Infinity;

  /** How many wait. */
  get size(): number {
    return this.ends.size;
  }

  /** Lets a window end wait, ms UTC; one that waits already stays. */
  add(endMs: number): void {
    this.ends.add(endMs);
    if (endMs < this.earliestMs) this.earliestMs = endMs;
  }

  /** A window end waits no longer. */
  delete(endMs: number): void {
    this.ends.delete(endMs);
  }

  /** All that wait, in no order. */
  all(): Iterable<number> {
    return this.ends;
  }

  /** Whether none waits at `timeMs` or before. */
  isAfter(timeMs: number): boolean {
    return this.upTo(timeMs).length === 0;
  }

  /** The ends that the watermark has passed, in no order; they go on waiting until they are deleted. */
  upTo(watermarkMs: number): number[] {
    if (watermarkMs < this.earliestMs) return [];
    const passed: number[] = [];
    let earliestMs = Infinity;
    for (const endMs of this.ends) {
      if (endMs <= watermarkMs) passed.push(endMs);
      if (endMs < earliestMs) earliestMs = endMs;
    }
    this.earliestMs = earliestMs;
    return passed;
  }
}
