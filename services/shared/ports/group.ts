/** One partition of a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Up to where a place is stored: the offset of the next record. */
export interface PlaceOffset extends Place {
  readonly offset: number;
}

/**
 * Shares the partitions of some topics out among processes.
 *
 * What every adapter promises:
 * 1. When members stopped coming and going, each place belongs to exactly one of them, and all have about as many.
 * 2. In between, two members may believe that they have the same place: the folds are made for that (DESIGN.md section 4).
 * 3. The same members by name get the same places, whatever happened before.
 * 4. A member that was out of touch for longer than the group waits is not `isCurrent`. When it is back it is told first
 *    that it has no places, then which ones: what it knew of them is old.
 */
export interface Group {
  /**
   * Joins, and calls back with this process's places whenever they change. Resolves after `leave`. Rejects with
   * LOG_REFUSED where the brokers do not let it in; whatever else goes wrong is tried again.
   */
  run(assigned: (places: readonly Place[]) => void): Promise<void>;
  /** Whether the group still counts this process in, as far as it can know. */
  readonly isCurrent: boolean;
  /** Tells the brokers' lag tools how far this process is; what they do not take is left out. Nothing reads it back. */
  commit(offsets: readonly PlaceOffset[]): Promise<void>;
  leave(): Promise<void>;
}
