/** A cell of a column, or a text that is the same in every row. */
export type Source = { readonly column: string } | { readonly const: string };

/** An activity made of several columns, joined by JOINED_BY; where a later one is empty, it is left out. */
export interface JoinedColumns {
  readonly columns: readonly string[];
}

/** What stands between the columns of an activity: `Approve+complete`, as process mining tools write it. */
export const JOINED_BY = '+';

/** Rows are taken only where the column's cell is one of the texts. */
export interface MappingCondition {
  readonly column: string;
  readonly texts: readonly string[];
}

/** Where an event's time stands and how it is written. */
export interface MappingTime {
  readonly column: string;
  /** Tried in order, see core/ingest/date-format.ts. */
  readonly formats: readonly string[];
  /** IANA zone of times without an offset; null: the mapping's. */
  readonly zone: string | null;
}

/** One event that a row makes. */
export interface MappingEvent {
  readonly activity: Source | JoinedColumns;
  /** Null: the time given for rows without a date (`--as-of`). */
  readonly time: MappingTime | null;
  /** An exact decimal computed from columns; null: the event has no value. */
  readonly value: string | null;
  /** `present`: an empty time cell means that the event did not happen. `always`: it takes the as-of time. */
  readonly when: 'always' | 'present';
}

/** How the rows of a file become events; docs/import.md describes it for people. */
export interface Mapping {
  readonly workflow: string;
  readonly delimiter: string;
  /** Null: what the format of the file says. */
  readonly encoding: Encoding | null;
  /** IANA zone of times that have no offset. Null: UTC in CSV; in XES such a time is an error. */
  readonly zone: string | null;
  /** A row that does not fulfil all of them is passed over. */
  readonly where: readonly MappingCondition[];
  /** One part is the case id as it stands; several are joined length-prefixed. */
  readonly case: readonly Source[];
  readonly events: readonly MappingEvent[];
  readonly dimensions: Readonly<Record<string, Source>>;
}

/** Encodings of a file; `latin1` is Windows-1252, as on the web. */
export const ENCODINGS = ['utf-8', 'latin1', 'utf16le'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];

/** Most events that one row may make. */
export const EVENTS_PER_ROW_MAX = 32;
