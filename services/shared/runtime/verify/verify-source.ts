/** What a check of the streamed values asks of the takt whose values they are. */
export interface VerifySource {
  /** The rows of one read-only statement. Throws QUERY_LIMIT, QUERY_FAILED, STORE_FAILED. */
  rows<Row>(sql: string): Promise<Row[]>;
  /** Resolves when all that the log holds now is in stored values. */
  settled(): Promise<void>;
  /** Event time up to which the values of a workflow are complete, milliseconds UTC; null: nobody knows. */
  watermark(workflow: string): Promise<number | null>;
}

/** Windows that end after `fromMs` and at `toMs` at the latest; null has no bound. Milliseconds UTC. */
export interface VerifyRange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Whether totals are looked at too: they have no end, and are what they are now. */
  readonly totals: boolean;
}
