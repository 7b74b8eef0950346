import type { Amount } from '../aggregate/amount.ts';
import type { LabelValues } from './label-plan.ts';
import type { Emitted } from './measure-plan.ts';

/** An entry of a case, and what came of it. */
export interface Entry {
  readonly timeMs: number;
  readonly labels: LabelValues;
  /** Of a level: what the entry adds, and its exit takes away. */
  readonly amount: Amount;
  /** Of what may be open: whether the case passes `where` at its entry. */
  readonly counts: boolean;
  /** What this entry emitted, where it may have to be taken back (levels: the entry itself first). */
  emitted: Emitted[];
  /** Of a measure within: the miss that stands at its limit while it is not met. */
  readonly miss: Emitted | null;
  closed: boolean;
}
