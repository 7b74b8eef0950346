import type { SliceEntry } from './slice-entry.ts';

/** The slice entries that changed: what of them waits for the log, and what for the store. */
export class SliceChanges {
  /** Changed since the last publish, in the order of their change. */
  private toPublish: SliceEntry[] = [];
  /** Changed since the last store. */
  private toStore: SliceEntry[] = [];
  private rowsToStore = 0;
  /** Handed out for the store, with the offset of each that it will have then. */
  private storing: { readonly entry: SliceEntry; readonly offset: number }[] = [];

  clear(): void {
    this.toPublish = [];
    this.toStore = [];
    this.rowsToStore = 0;
    this.storing = [];
  }

  /** The entry goes out with the next publish and the next store. */
  mark(entry: SliceEntry): void {
    if (!entry.toPublish) {
      entry.toPublish = true;
      this.toPublish.push(entry);
    }
    if (!entry.toStore) this.addToStore(entry);
  }

  private addToStore(entry: SliceEntry): void {
    entry.toStore = true;
    this.toStore.push(entry);
    this.rowsToStore += entry.group.members.length;
  }

  /** How many entries changed since the last publish. */
  get unpublished(): number {
    return this.toPublish.length;
  }

  /** How many rows changed since the last store. */
  get unstoredRows(): number {
    return this.rowsToStore;
  }

  /** Hands out the entries to publish; each stays until `endPublish`. */
  takeToPublish(): readonly SliceEntry[] {
    const entries = this.toPublish;
    this.toPublish = [];
    for (const entry of entries) {
      entry.toPublish = false;
      entry.publishing++;
    }
    return entries;
  }

  /** The append succeeded, or it failed and the entries go out again. */
  endPublish(entries: readonly SliceEntry[], succeeded: boolean): void {
    for (const entry of entries) {
      entry.publishing--;
      if (succeeded || entry.toPublish) continue;
      entry.toPublish = true;
      this.toPublish.push(entry);
    }
  }

  /** Hands out the entries to store; `acknowledge` or `storeAgain` follows before the next ones. */
  takeToStore(): readonly SliceEntry[] {
    const entries = this.toStore;
    this.toStore = [];
    this.rowsToStore = 0;
    this.storing = entries.map((entry) => ({ entry, offset: highestOffset(entry) }));
    for (const entry of entries) entry.toStore = false;
    return entries;
  }

  /** The entries that were handed out are in the store. */
  acknowledge(): void {
    for (const { entry, offset } of this.storing) {
      if (offset > entry.ackedOffset) entry.ackedOffset = offset;
      // Most slices do not change again: the rows would only take room. Whoever needs them makes them anew.
      if (waits(entry)) continue;
      entry.rows = null;
      entry.waitedAtChange = false;
    }
    this.storing = [];
  }

  /** The store failed, or may have: the entries that were handed out are stored again. */
  storeAgain(): void {
    for (const { entry } of this.storing) if (!entry.toStore) this.addToStore(entry);
    this.storing = [];
  }
}

/** Whether log or store do not certainly have the entry as it stands. */
export function waits(entry: SliceEntry): boolean {
  return entry.publishing > 0 || entry.toPublish || entry.toStore || entry.ackedOffset < highestOffset(entry);
}

function highestOffset({ offsets }: SliceEntry): number {
  let highest = -1;
  for (const offset of offsets) if (offset > highest) highest = offset;
  return highest;
}
