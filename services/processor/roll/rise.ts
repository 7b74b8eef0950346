import type { Amount } from '../../shared/core/aggregate/amount.ts';

/** By how much a level and the sum of its values rise, or how high they are. */
export interface Rise {
  readonly delta: number;
  readonly sum: Amount;
}
