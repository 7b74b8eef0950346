import type { SliceSnapshot } from '../../shared/core/messages.ts';

interface Staged {
  readonly offset: number;
  readonly snapshot: SliceSnapshot;
}

interface Unstored {
  readonly offset: number;
  readonly source: string;
  readonly version: bigint;
}

/** Snapshots of [slices] that hold the stored position back: not yet ended by a mark, or not yet stored by their source. */
export class HeldSnapshots {
  private readonly staged = new Map<string, Staged[]>();
  private unstored: Unstored[] = [];

  clear(): void {
    this.staged.clear();
    this.unstored = [];
  }

  /** Keeps a snapshot until its source's mark. */
  stage(offset: number, snapshot: SliceSnapshot): void {
    const list = this.staged.get(snapshot.source);
    if (list === undefined) this.staged.set(snapshot.source, [{ offset, snapshot }]);
    else list.push({ offset, snapshot });
  }

  /** All that wait for a mark. */
  waiting(): SliceSnapshot[] {
    return [...this.staged.values()].flatMap((list) => list.map(({ snapshot }) => snapshot));
  }

  /** Gives what waited for a mark of `source`, which has stored all up to `stored`. */
  release(source: string, stored: bigint): SliceSnapshot[] {
    const released = this.staged.get(source) ?? [];
    this.staged.delete(source);
    for (const { offset, snapshot } of released)
      if (snapshot.version > stored) this.unstored.push({ offset, source, version: snapshot.version });
    return released.map(({ snapshot }) => snapshot);
  }

  /** A source has stored all up to `stored`. */
  acknowledge(stored: bigint, source: string): void {
    this.unstored = this.unstored.filter((held) => held.source !== source || held.version > stored);
  }

  /** The last offset up to `readOffset` that no held snapshot is at or below. */
  safeOffset(readOffset: number): number {
    let offset = readOffset;
    for (const held of this.unstored) offset = Math.min(offset, held.offset - 1);
    for (const [first] of this.staged.values()) if (first !== undefined) offset = Math.min(offset, first.offset - 1);
    return offset;
  }

  /** How many wait for their source to store them. */
  get size(): number {
    return this.unstored.length;
  }
}
