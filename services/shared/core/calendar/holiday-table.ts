import type { NamedDate } from './calendar.ts';

/** The public holidays of a country, or of a part of it, as plain dates. */
export interface HolidayTable {
  /** Days off, in order. */
  readonly closed: readonly NamedDate[];
  /** Days that would be off and are worked in exchange for others (调休), in order. */
  readonly makeUp: readonly NamedDate[];
  /** The last year that it knows of. */
  readonly lastYear: number;
}

/** What there is under a code that a catalogue names; where nothing is, the codes that could have been meant. */
export type HolidayLookup = ReadonlyMap<string, HolidayTable | { readonly legal: readonly string[] }>;
