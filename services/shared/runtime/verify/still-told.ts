import type { Definition } from '../../core/definition.ts';
import { reachMs } from '../../core/retention.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import type { VerifyRange } from './verify-source.ts';

/**
 * What of a range the archive can still tell of a KPI: windows that begin where no event has expired. `frozenMs`: where that
 * is; null: everywhere. Throws NotChecked for a total, which holds what expired.
 */
export function stillTold(definition: Definition, range: VerifyRange, frozenMs: number | null): VerifyRange {
  if (frozenMs === null) return range;
  if (definition.window.kind === 'total') throw new NotChecked(`a total, of which ${expired(frozenMs)}`);
  return { ...range, fromMs: Math.max(range.fromMs ?? -Infinity, frozenMs + reachMs(definition)) };
}

/** Why nothing can be told of what begins before. */
export function expired(frozenMs: number): string {
  return `events before ${new Date(frozenMs).toISOString().slice(0, 10)} have expired`;
}
