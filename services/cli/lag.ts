import type { StatusReport } from './wiring.ts';

/** Records that a stage had not read when it told how far it is. */
export function lagOf({ lag, endOffset, nextOffset }: StatusReport['tasks'][number]): number {
  return Math.max(0, lag ?? endOffset - nextOffset);
}
