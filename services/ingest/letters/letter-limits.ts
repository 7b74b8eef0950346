/** How much of the dead letters one request may have. Each has a name in `takt_limit`. */
export const LETTER_LIMITS = {
  /** Letters that are listed. */
  listedMax: 1_000,
  /** Rows of counts. */
  countsMax: 200,
  /** Letters that are tried again at once. */
  batchMax: 500,
  /** Of the raw bytes of a batch, or of a list. */
  batchBytesMax: 16 * 1024 * 1024,
  /** Letters whose time has come, let go by one run of the job. */
  dueMax: 10_000,
} as const;
