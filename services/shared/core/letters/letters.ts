import type { LetterFilter } from './letter-filter.ts';
import type { LetterListing } from './letter-listing.ts';
import type { LetterBatch, LetterOrder } from './letter-order.ts';

/** Where dead letters are looked at, and taken in again. */
export interface Letters {
  /** Counts of the letters that fit, and the latest `lettersMax` of them. */
  list(filter: LetterFilter, lettersMax: number): Promise<LetterListing>;
  /**
   * Does it for the next batch of letters that fit, of the open ones unless the filter says otherwise. Throws
   * MAPPING_INVALID, PARAMETER_INVALID, and what log and store throw: then nothing is told of them.
   */
  act(order: LetterOrder): Promise<LetterBatch>;
}
