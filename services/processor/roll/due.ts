/** A window end whose row is looked at. */
export interface Due {
  readonly endMs: number;
  /** The row goes out even if it is what the store has: another owner may have published a different one above it. */
  forced: boolean;
  /** Another owner may have published a row here that this one never had: it goes out even if it says nothing new. */
  uncertain: boolean;
  /** An import changed a slice that brings it up. */
  imported: boolean;
  /** A live record did. */
  live: boolean;
}
