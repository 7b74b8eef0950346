import { TaktError } from '../errors.ts';
import { FILTER_NAMES, type LetterFilter, readLetterFilter } from './letter-filter.ts';
import { readShift, readTime } from './letter-times.ts';

/** What may be done with dead letters: in through ingest once more, out of quarantine, set aside. */
export type LetterAction = 'redrive' | 'release' | 'reject';

/** What is to be done with a batch of dead letters. */
export interface LetterOrder {
  readonly action: LetterAction;
  readonly filter: LetterFilter;
  /** Ids up to this one are done with; empty: none is. */
  readonly after: string;
  /** Only say what would become of them. */
  readonly dryRun: boolean;
  /** Of redrive: a mapping as its file has it; absent: the one in force. */
  readonly mapping?: unknown;
  /** Of release: the time that the event should have had, milliseconds UTC. */
  readonly timeMs?: number;
  /** Of release: how much later the event was than its time says; milliseconds, mostly below 0. */
  readonly shiftMs?: number;
  /** Of reject: why, for those who look at it later. */
  readonly reason?: string;
}

/** What became of one dead letter. */
export interface LetterResult {
  readonly id: string;
  readonly outcome: 'accepted' | 'refused' | 'rejected';
  readonly events: number;
  readonly code: string;
  readonly reason: string;
}

/** What became of a batch. */
export interface LetterBatch {
  readonly results: readonly LetterResult[];
  /** Where the next batch begins (`after`); null: there is none. */
  readonly next: string | null;
}

const NAMES: Readonly<Record<LetterAction, readonly string[]>> = {
  redrive: ['mapping'],
  release: ['time', 'shift'],
  reject: ['reason'],
};
const REASON_CHARS_MAX = 1_000;

/** Reads the body of a request: times as texts, a shift as a duration that may begin with a minus. Throws PARAMETER_INVALID. */
export function readLetterOrder(action: LetterAction, body: unknown): LetterOrder {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('the body', 'it must be an object');
  const map = body as Readonly<Record<string, unknown>>;
  const known = [...FILTER_NAMES, 'after', 'dryRun', ...NAMES[action]];
  for (const name of Object.keys(map))
    if (!known.includes(name)) throw invalid(name, `it is unknown; known: ${known.join(', ')}`);
  const { after = '', dryRun = false, mapping, time, shift, reason } = map;
  if (typeof after !== 'string') throw invalid('after', 'it must be the text that the batch before gave as next');
  if (typeof dryRun !== 'boolean') throw invalid('dryRun', 'it must be true or false');
  const timeMs = time === undefined ? undefined : readTime(String(time as string));
  if (timeMs === null) throw invalid('time', 'it must be a time such as 2026-03-01T00:00:00Z');
  const shiftMs = shift === undefined ? undefined : readShift(String(shift as string));
  if (shiftMs === null) throw invalid('shift', 'it must be a duration such as -1h or -30m');
  if (timeMs !== undefined && shiftMs !== undefined) throw invalid('shift', 'give it or time, not both');
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > REASON_CHARS_MAX))
    throw invalid('reason', `it must be a text of at most ${REASON_CHARS_MAX} characters`);
  return {
    action,
    filter: readLetterFilter(map),
    after,
    dryRun,
    ...(mapping === undefined ? {} : { mapping }),
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(shiftMs === undefined ? {} : { shiftMs }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function invalid(name: string, why: string): TaktError {
  return new TaktError('PARAMETER_INVALID', `${name}: ${why}.`);
}
