import type { Aggregate } from '../definition.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';

/** How contributions of a window become its sums, in SQL. */
export interface AggregateSql {
  /** SQL of one or two aggregates of the contributions where `condition` (SQL) holds, each as text. */
  readonly sums: (condition: string, over: string) => readonly [string, string];
}

/** Below any step of a rank, above the rounding of doubles: see quantileLevel. */
const RANK_SLACK = 1e-12;

/**
 * The level at which quantileExact, which takes the value of index ⌊level · n⌋ counted from 0, gives the value at rank
 * ⌈q · n⌉ counted from 1: a trace less than q. For up to ten million values and a q of at most five digits.
 */
export function quantileLevel(q: number): string {
  return (q - RANK_SLACK).toFixed(15);
}

/** The SQL of an aggregate. Throws NotChecked for one that has none. */
export function aggregateSql(aggregate: Aggregate): AggregateSql {
  onlyKeys(aggregate, ['kind', 'q', 'of', 'approximate'], 'aggregate');
  switch (aggregate.kind) {
    case 'count':
      return { sums: (condition, over) => [`toString(countIf(${condition})${over})`, "''"] };
    case 'sum':
    case 'mean':
      return { sums: (condition, over) => [`toString(sumIf(amount, ${condition})${over})`, "''"] };
    case 'level':
      return {
        sums: (condition, over) => [
          `toString(sumIf(amount, ${condition})${over})`,
          `toString(sumIf(mark, ${condition})${over})`,
        ],
      };
    case 'min':
    case 'max':
      return { sums: (condition, over) => [`toString(${aggregate.kind}If(amount, ${condition})${over})`, "''"] };
    case 'last':
      return { sums: (condition, over) => [`toString(argMaxIf(amount, event_order, ${condition})${over})`, "''"] };
    case 'distinct':
      return { sums: (condition, over) => [`toString(uniqExactIf(amount, ${condition})${over})`, "''"] };
    case 'percentile': {
      const level = quantileLevel(aggregate.q);
      const sum = (condition: string, over: string): string =>
        `toString(quantileExactIf(${level})(toFloat64(amount), ${condition})${over})`;
      return { sums: (condition, over) => [sum(condition, over), "''"] };
    }
    case 'ratio': {
      const side = (mark: string, condition: string, over: string): string =>
        `toString(sumIf(amount, ${condition} AND ${mark})${over})`;
      return { sums: (condition, over) => [side('mark = 0', condition, over), side('mark != 0', condition, over)] };
    }
    default:
      throw new NotChecked(String((aggregate as { readonly kind: unknown }).kind));
  }
}
