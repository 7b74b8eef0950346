import type { LetterState } from '../../../core/letters/letter-filter.ts';
import type { DeadLetterRow, RedriveRow } from '../../../ports/kpi-rows.ts';
import type { LetterCount, LetterPage, LetterQuery, TriedLetter } from '../../../ports/kpi-store.ts';

/** The letters that meet every condition, in the order and within the bounds of the page. */
export function lettersIn(
  letters: readonly DeadLetterRow[],
  redrives: readonly RedriveRow[],
  query: LetterQuery,
  { afterId, rowsMax, bytesMax }: LetterPage,
): TriedLetter[] {
  const found = chosen(letters, redrives, query);
  const ordered =
    afterId === undefined
      ? found.toSorted((a, b) => b.letter.timeMs - a.letter.timeMs || byteOrder(a.letter.id, b.letter.id))
      : found
          .filter(({ letter }) => byteOrder(letter.id, afterId) > 0)
          .toSorted((a, b) => byteOrder(a.letter.id, b.letter.id));
  let bytes = 0;
  return ordered.slice(0, rowsMax).filter(({ letter }) => {
    const before = bytes;
    bytes += letter.raw.length;
    return before === 0 || bytes <= bytesMax;
  });
}

/** The same letters, counted: the most first. */
export function letterCounts(
  letters: readonly DeadLetterRow[],
  redrives: readonly RedriveRow[],
  query: LetterQuery,
  by: 'source' | 'code',
): LetterCount[] {
  const counts = new Map<string, LetterCount>();
  for (const tried of chosen(letters, redrives, query)) {
    const { code, timeMs, reason } = tried.letter;
    const { workflow, source } = by === 'source' ? tried.letter : { workflow: '', source: '' };
    const state = stateOf(tried);
    const key = JSON.stringify([workflow, code, source, state]);
    const known = counts.get(key);
    const isLatest = known === undefined || timeMs >= known.latestMs;
    const latest = isLatest ? { latestMs: timeMs, reason } : { latestMs: known.latestMs, reason: known.reason };
    counts.set(key, { workflow, code, source, state, count: (known?.count ?? 0) + 1, ...latest });
  }
  return [...counts]
    .toSorted(([a, one], [b, other]) => other.count - one.count || byteOrder(a, b))
    .map(([, count]) => count);
}

function chosen(
  letters: readonly DeadLetterRow[],
  redrives: readonly RedriveRow[],
  query: LetterQuery,
): readonly TriedLetter[] {
  const latest = new Map<string, RedriveRow>();
  for (const row of redrives) {
    const known = latest.get(row.id);
    if (known === undefined || known.version < row.version) latest.set(row.id, row);
  }
  return letters
    .filter((letter) => isKept(letter, query))
    .map((letter) => ({ letter, last: latest.get(letter.id) ?? null }))
    .filter((tried) => query.state === undefined || stateOf(tried) === query.state);
}

function isKept(letter: DeadLetterRow, query: LetterQuery): boolean {
  const { workflow, code, source, sinceMs, ids, eventToMs } = query;
  return (
    (workflow === undefined || letter.workflow === workflow) &&
    (code === undefined || letter.code === code) &&
    (source === undefined ||
      (source.endsWith('*') ? letter.source.startsWith(source.slice(0, -1)) : letter.source === source)) &&
    (sinceMs === undefined || letter.timeMs >= sinceMs) &&
    (ids === undefined || ids.includes(letter.id)) &&
    (eventToMs === undefined || (letter.eventMs !== null && letter.eventMs <= eventToMs))
  );
}

function stateOf({ last }: TriedLetter): LetterState {
  return last === null || last.outcome === 'refused' ? 'open' : last.outcome;
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
