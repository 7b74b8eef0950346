import { quoted } from '../../shared/core/verify/sql-text.ts';
import type { VerifySource } from '../../shared/runtime/verify/verify-source.ts';

/** Values that are compared; of more it is not told how many changed. */
export const COMPARED_VALUES_MAX = 1_000_000;
/** Values that one statement reads. */
const PAGE_ROWS = 200_000;

/** What stands in each window, as a hash, by definition, window and labels. */
export type ValueMarks = ReadonlyMap<string, string>;

interface MarkRow {
  readonly end: string | number;
  readonly labels: string;
  readonly mark: string;
}

/**
 * Reads what stands in the windows of these definitions (hashes) that end at `untilMs` at the latest; null: there are more than
 * COMPARED_VALUES_MAX. Throws what the source throws.
 */
export async function valueMarks(
  source: Pick<VerifySource, 'rows'>,
  definitions: readonly string[],
  untilMs: number,
): Promise<ValueMarks | null> {
  const marks = new Map<string, string>();
  for (const definition of definitions) {
    let after: MarkRow | undefined;
    do {
      const rows: readonly MarkRow[] = await source.rows<MarkRow>(pageSql(definition, untilMs, after));
      for (const { end, labels, mark } of rows) marks.set(`${definition} ${end} ${labels}`, mark);
      if (marks.size > COMPARED_VALUES_MAX) return null;
      after = rows.length < PAGE_ROWS ? undefined : rows.at(-1);
    } while (after !== undefined);
  }
  return marks;
}

function pageSql(definition: string, untilMs: number, after: MarkRow | undefined): string {
  const behind = after === undefined ? '' : ` AND (window_end_ms, labels) > (${after.end}, ${quoted(after.labels)})`;
  return `SELECT window_end_ms AS end, labels, toString(cityHash64(toString(value), value_exact, samples)) AS mark
FROM \`values\` WHERE definition = ${quoted(definition)} AND withdrawn = 0 AND window_end_ms <= ${untilMs}${behind}
ORDER BY window_end_ms, labels LIMIT ${PAGE_ROWS}`;
}

/** In how many windows something else stands than before, or on one side nothing. */
export function changedCount(before: ValueMarks, after: ValueMarks): number {
  let count = 0;
  for (const [key, mark] of before) if (after.get(key) !== mark) count++;
  for (const key of after.keys()) if (!before.has(key)) count++;
  return count;
}
