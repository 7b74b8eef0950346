import { TaktError } from '../errors.ts';
import { readTime } from './letter-times.ts';

/** Open until it gave its events (`accepted`) or was set aside (`rejected`). */
export type LetterState = 'open' | 'accepted' | 'rejected';

const STATES: readonly LetterState[] = ['open', 'accepted', 'rejected'];

/** Which dead letters; what is absent excludes none. */
export interface LetterFilter {
  readonly workflow?: string;
  readonly code?: string;
  /** All of it, or with a `*` at its end its beginning. */
  readonly source?: string;
  /** Kept at this time or later, milliseconds UTC. */
  readonly sinceMs?: number;
  readonly ids?: readonly string[];
  readonly state?: LetterState;
}

/** Names that a filter has in a request. */
export const FILTER_NAMES = ['workflow', 'code', 'source', 'since', 'id', 'state'] as const;
/** Ids of one request. */
export const LETTER_IDS_MAX = 1_000;

/** The code of events that wait in quarantine. */
export const QUARANTINED = 'EVENT_TOO_FAR_AHEAD';

/**
 * Reads the filter of a request: texts, `since` as a time (RFC 3339, a date, or milliseconds), `id` once or several
 * times. Throws PARAMETER_INVALID.
 */
export function readLetterFilter(source: Readonly<Record<string, unknown>>): LetterFilter {
  const { workflow, code, source: from, since, id, state } = source;
  const texts = Object.entries({ workflow, code, source: from }).filter(([, value]) => value !== undefined);
  for (const [name, value] of texts) if (typeof value !== 'string') throw invalid(name, 'it must be one text');
  if (state !== undefined && !STATES.includes(state as LetterState))
    throw invalid('state', `it must be one of ${STATES.join(', ')}`);
  const sinceMs = since === undefined ? undefined : readTime(String(since as string | number));
  if (sinceMs === null)
    throw invalid('since', 'it must be a time such as 2026-03-01T00:00:00Z, a date, or milliseconds since 1970');
  const ids = id === undefined ? undefined : Array.isArray(id) ? (id as unknown[]) : [id];
  if (ids !== undefined && (ids.length > LETTER_IDS_MAX || ids.some((each) => typeof each !== 'string')))
    throw invalid('id', `it must be an id, or a list of at most ${LETTER_IDS_MAX}`);
  return {
    ...Object.fromEntries(texts),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(ids === undefined ? {} : { ids: ids as string[] }),
    ...(state === undefined ? {} : { state: state as LetterState }),
  };
}

function invalid(name: string, why: string): TaktError {
  return new TaktError('PARAMETER_INVALID', `${name}: ${why}.`);
}
