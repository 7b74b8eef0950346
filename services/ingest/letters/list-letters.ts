import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import { type LetterFilter, QUARANTINED } from '../../shared/core/letters/letter-filter.ts';
import type { LetterListing, ListedLetter } from '../../shared/core/letters/letter-listing.ts';
import type { RedriveRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore, TriedLetter } from '../../shared/ports/kpi-store.ts';
import { LETTER_LIMITS } from './letter-limits.ts';

/** Of a letter's text. */
const TEXT_BYTES_MAX = 2_000;

/** Counts of the letters that fit, and the latest of them. */
export async function listingOf(
  deps: {
    readonly store: Pick<KpiStore, 'deadLetters' | 'deadLetterCounts'>;
    readonly workflows: () => ReadonlyMap<string, Workflow>;
  },
  filter: LetterFilter,
  lettersMax: number,
): Promise<LetterListing> {
  const { countsMax, batchBytesMax } = LETTER_LIMITS;
  const counts = await deps.store.deadLetterCounts(filter, 'source', countsMax);
  // Of all, also where there are more sources than are listed.
  const codes = await deps.store.deadLetterCounts(filter, 'code', countsMax);
  const bounds = { rowsMax: lettersMax, bytesMax: batchBytesMax };
  const letters = lettersMax === 0 ? [] : await deps.store.deadLetters(filter, bounds);
  const open = codes.filter(({ state }) => state === 'open');
  return {
    open: sum(open),
    quarantined: sum(open.filter(({ code }) => code === QUARANTINED)),
    counts: counts.map(({ latestMs, ...count }) => ({ ...count, latest: isoTime(latestMs) })),
    letters: letters.map((tried) => listed(tried, deps.workflows())),
  };
}

function listed({ letter, last }: TriedLetter, workflows: ReadonlyMap<string, Workflow>): ListedLetter {
  const { id, workflow, source, code, reason, raw, timeMs, eventMs } = letter;
  const limitMs = workflows.get(workflow)?.futureLimitMs;
  const isOpen = last === null || last.outcome === 'refused';
  return {
    id,
    workflow,
    source,
    code,
    reason,
    keptAt: isoTime(timeMs),
    state: last === null || last.outcome === 'refused' ? 'open' : last.outcome,
    text: Buffer.from(raw.subarray(0, TEXT_BYTES_MAX)).toString('utf8'),
    bytes: raw.length,
    quarantine:
      code === QUARANTINED && isOpen && eventMs !== null
        ? { eventTime: isoTime(eventMs), releaseAt: limitMs === undefined ? null : isoTime(eventMs - limitMs) }
        : null,
    last: last === null ? null : triedOf(last),
  };
}

/** Without its version, which no JSON holds. */
function triedOf({ timeMs, way, outcome, events, code, reason }: RedriveRow): NonNullable<ListedLetter['last']> {
  return { at: isoTime(timeMs), way, outcome, events, code, reason };
}

function sum(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
