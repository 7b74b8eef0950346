import type { SumsRow } from '../../core/verify/carried-windows.ts';
import type { VerifySource } from './verify-source.ts';

type StoredRow = Record<'end_ms' | 'n', string | number> &
  Record<'a' | 'b', string> & { readonly labels: string[]; readonly changes?: string | number };

/** The rows of a statement of `windowsSql` or `movingSql`. Throws what the source throws. */
export async function sumsOf(
  sql: string,
  source: Pick<VerifySource, 'rows'>,
): Promise<(SumsRow & { readonly changes: number })[]> {
  const rows = await source.rows<StoredRow>(sql);
  return rows.map(({ labels, end_ms, n, a, b, changes = 0 }) => ({
    labels,
    endMs: Number(end_ms),
    n: Number(n),
    a,
    b,
    changes: Number(changes),
  }));
}
