import type { LetterState } from './letter-filter.ts';

/** Dead letters as people read them: counted, and some of them. Times are RFC 3339. */
export interface LetterListing {
  /** Of those that fit the filter. */
  readonly open: number;
  /** Of the open ones those that are too far ahead, and come in by themselves. */
  readonly quarantined: number;
  readonly counts: readonly ListedCount[];
  /** The latest ones first. */
  readonly letters: readonly ListedLetter[];
}

/** How many have all this in common, and the reason of the latest of them. */
export interface ListedCount {
  readonly workflow: string;
  readonly code: string;
  readonly source: string;
  readonly state: LetterState;
  readonly count: number;
  readonly latest: string;
  readonly reason: string;
}

/** One dead letter. */
export interface ListedLetter {
  readonly id: string;
  readonly workflow: string;
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly keptAt: string;
  readonly state: LetterState;
  /** Its raw text; bytes that are no UTF-8 are shown as U+FFFD. */
  readonly text: string;
  /** All its bytes; `text` may have only the first. */
  readonly bytes: number;
  /** Of one in quarantine: its event's time, and when it comes in by itself (null: its workflow is gone). */
  readonly quarantine: { readonly eventTime: string; readonly releaseAt: string | null } | null;
  readonly last: ListedTry | null;
}

/** What became of it last. */
interface ListedTry {
  readonly at: string;
  readonly way: string;
  readonly outcome: string;
  readonly events: number;
  readonly code: string;
  readonly reason: string;
}
