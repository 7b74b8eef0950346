/** Where something stands in the catalogue: keys and indexes from the root. */
export type Path = readonly (string | number)[];

/** One thing wrong with a catalogue. `at` says whether the key at `path` or its value is meant. */
export interface Problem {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly message: string;
  /** What would be right, as a phrase; null where the message says it all. */
  readonly allowed: string | null;
}

/** Values that a message lists before it only counts the rest. */
const LISTED_MAX = 20;

/** Collects problems, so that a user sees all of them at once. */
export class Problems {
  readonly list: Problem[] = [];

  /** Notes a problem at a value; gives null, so that a reader can end with it. */
  add(path: Path, message: string, allowed: string | null = null): null {
    this.list.push({ path, at: 'value', message, allowed });
    return null;
  }

  /** Notes a problem at a key. */
  addAtKey(path: Path, message: string, allowed: string | null = null): null {
    this.list.push({ path, at: 'key', message, allowed });
    return null;
  }
}

/** `a, b, c`, cut at LISTED_MAX; `none` when there is nothing to list. */
export function listed(values: readonly string[]): string {
  if (values.length === 0) return 'none';
  const shown = values.slice(0, LISTED_MAX).join(', ');
  return values.length > LISTED_MAX ? `${shown}, … and ${values.length - LISTED_MAX} more` : shown;
}

/** `, did you mean 'b'?` for the candidate that is only a slip away from `word`; empty when none is. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const close = closest(word, candidates);
  return close === null ? '' : `, did you mean '${close}'?`;
}

/** The candidate within two edits (one for short words), the nearest first; null when none is. */
function closest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestEdits = word.length <= 4 ? 2 : 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestEdits) continue;
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, beforeLast[j - 2]! + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
