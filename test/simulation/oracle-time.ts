// Where a partition stands in time, from all of its records, written anew from DESIGN.md section 5. Imports nothing from
// services/.

/** A record of [events.sim] as the oracle sees it. */
export type OracleRecord =
  | {
      readonly kind: 'event';
      readonly id: string;
      readonly appendMs: number;
      readonly timeMs: number;
      readonly importId: string | null;
    }
  | { readonly kind: 'tick' | 'control' | 'cut'; readonly appendMs: number }
  | { readonly kind: 'begin'; readonly appendMs: number; readonly importId: string }
  | { readonly kind: 'end'; readonly appendMs: number; readonly importId: string; readonly timeMs: number };

const DISORDER = 30_000;
const IDLE = 10_000;
const IMPORT_SILENCE = 60_000;

/** The watermark after these records; null before anything told. */
export function watermarkAfter(records: readonly OracleRecord[]): number | null {
  const candidates = records.flatMap((record, i) => {
    if (record.kind === 'event') {
      return record.importId === null ? [Math.min(record.timeMs, record.appendMs) - DISORDER] : [];
    }
    if (record.kind === 'end') return [Math.min(record.timeMs, record.appendMs) - DISORDER];
    if (record.kind !== 'tick') return [];
    const last = records.slice(0, i).findLast((each) => each.kind === 'event' && each.importId === null);
    const silent = last === undefined || record.appendMs - last.appendMs >= IDLE;
    return silent ? [record.appendMs - IDLE - DISORDER] : [];
  });
  return candidates.length === 0 ? null : Math.max(...candidates);
}

/** The imports that are open after these records. */
export function openAfter(records: readonly OracleRecord[]): string[] {
  const nowMs = records.at(-1)?.appendMs ?? 0;
  const latest = new Map<string, OracleRecord>();
  for (const record of records)
    if ('importId' in record && record.importId !== null) latest.set(record.importId, record);
  return [...latest]
    .filter(([, record]) => record.kind !== 'end' && nowMs - record.appendMs <= IMPORT_SILENCE)
    .map(([importId]) => importId);
}
