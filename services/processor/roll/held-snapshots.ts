import type { SliceSnapshot } from '../../shared/core/messages.ts';

interface Staged {
  readonly offset: number;
  readonly snapshots: readonly SliceSnapshot[];
}

interface Unstored {
  readonly offset: number;
  readonly source: string;
  /** The highest of its snapshots. */
  readonly version: bigint;
}

/** Records of [slices] that hold the stored position back: not yet ended by a mark, or not yet stored by their source. */
export class HeldSnapshots {
  private readonly staged = new Map<string, Staged[]>();
  private unstored: Unstored[] = [];

  clear(): void {
    this.staged.clear();
    this.unstored = [];
  }

  /** Keeps the snapshots of one record until their source's mark. */
  stage(offset: number, source: string, snapshots: readonly SliceSnapshot[]): void {
    const list = this.staged.get(source);
    if (list === undefined) this.staged.set(source, [{ offset, snapshots }]);
    else list.push({ offset, snapshots });
  }

  /** All that wait for a mark, by record. */
  *waiting(): Generator<readonly SliceSnapshot[]> {
    for (const list of this.staged.values()) for (const { snapshots } of list) yield snapshots;
  }

  /** Gives what waited for a mark of `source`, which has stored all up to `stored`. */
  release(source: string, stored: bigint): readonly (readonly SliceSnapshot[])[] {
    const released = this.staged.get(source) ?? [];
    this.staged.delete(source);
    for (const { offset, snapshots } of released) {
      let version = -1n;
      for (const snapshot of snapshots) if (snapshot.version > version) version = snapshot.version;
      if (version > stored) this.unstored.push({ offset, source, version });
    }
    return released.map(({ snapshots }) => snapshots);
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

  /** How many records wait for their source to store what they hold. */
  get size(): number {
    return this.unstored.length;
  }
}
