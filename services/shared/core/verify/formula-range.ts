import type { FormulaNode } from '../formula/formula-parse.ts';
import { partText } from '../formula/formula-parse.ts';
import { NotChecked } from './not-checked.ts';

/** The numbers from `low` to `high`; one number where they are equal. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** What a number may be, as far as its inputs are known: within a range, or none, for one of these reasons. */
export interface Outcome {
  readonly range: Range | null;
  readonly none: readonly string[];
}

/** What a condition may be. */
interface Truth {
  readonly yes: boolean;
  readonly no: boolean;
  readonly none: readonly string[];
}

/** What is known of a name in a formula. */
export type OutcomeOf = (name: string) => Outcome;

/** What a formula comes to, if its inputs are somewhere in their ranges. Throws NotChecked for what it does not know. */
export function formulaRange(root: FormulaNode, of: OutcomeOf): Outcome {
  const { range, none } = number(root, of);
  if (range === null || isBounded(range)) return { range, none };
  // Of one number it is certain.
  const large = [...none, TOO_LARGE];
  return range.low === range.high ? { range: null, none: large } : { range, none: large };
}

/** Why there is no value where a number is beyond those of doubles. */
export const TOO_LARGE = 'the result is too large';
/** A part of a number: more than one rounding of doubles, of which a formula may make a few. */
const ROUNDING = 2 ** -50;

/** Whether both bounds are numbers that a double holds. */
export function isBounded({ low, high }: Range): boolean {
  return Number.isFinite(low) && Number.isFinite(high);
}

function number(node: FormulaNode, of: OutcomeOf): Outcome {
  switch (node.op) {
    case 'value':
      return { range: { low: Number(node.args), high: Number(node.args) }, none: [] };
    case 'id':
      return of(node.args);
    case '-_': {
      const { range, none } = number(node.args, of);
      return { range: range && { low: -range.high, high: -range.low }, none };
    }
    case '+':
      return both(node.args, of, (a, b) => [a.low + b.low, a.high + b.high]);
    case '-':
      return both(node.args, of, (a, b) => [a.low - b.high, a.high - b.low]);
    case '*':
      return both(node.args, of, (a, b) => [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]);
    case '/':
      return quotient(node.args, of);
    case '?:': {
      const condition = truth(node.args[0], of);
      const chosen = [
        ...(condition.yes ? [number(node.args[1], of)] : []),
        ...(condition.no ? [number(node.args[2], of)] : []),
      ];
      const ranges = chosen.flatMap(({ range }) => range ?? []);
      return { range: around(ranges), none: [...condition.none, ...chosen.flatMap(({ none }) => none)] };
    }
    default:
      throw new NotChecked(`a formula with ${partText(node)}`);
  }
}

/** The first part decides alone where it has no value: what comes behind it is not asked for. */
function both(
  [left, right]: readonly [FormulaNode, FormulaNode],
  of: OutcomeOf,
  bounds: (a: Range, b: Range) => readonly number[],
): Outcome {
  const [a, b] = [number(left, of), number(right, of)];
  if (a.range === null || b.range === null)
    return { range: null, none: a.range === null ? a.none : [...a.none, ...b.none] };
  return { range: rangeOf(bounds(a.range, b.range)), none: [...a.none, ...b.none] };
}

function quotient(args: readonly [FormulaNode, FormulaNode], of: OutcomeOf): Outcome {
  const zero = `${partText(args[1])} is zero`;
  const divisor = number(args[1], of).range;
  if (divisor === null || divisor.low > 0 || divisor.high < 0)
    return both(args, of, (a, b) => [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high]);
  const { range, none } = both(args, of, () => [-Infinity, Infinity]);
  if (range === null) return { range, none };
  return { range: divisor.low === divisor.high ? null : range, none: [...none, zero] };
}

/** What one computation gives is one number; where there are several, rounding may have moved them. */
export function rangeOf(bounds: readonly number[]): Range {
  if (bounds.some(Number.isNaN)) return { low: -Infinity, high: Infinity };
  const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
  return low === high ? { low, high } : widened({ low, high }, ROUNDING);
}

/** A range that reaches further on both sides, by a part of its bounds. */
export function widened({ low, high }: Range, part: number): Range {
  return { low: low - Math.abs(low) * part, high: high + Math.abs(high) * part };
}

function around(ranges: readonly Range[]): Range | null {
  if (ranges.length === 0) return null;
  return { low: Math.min(...ranges.map(({ low }) => low)), high: Math.max(...ranges.map(({ high }) => high)) };
}

function truth(node: FormulaNode, of: OutcomeOf): Truth {
  switch (node.op) {
    case '!_': {
      const { yes, no, none } = truth(node.args, of);
      return { yes: no, no: yes, none };
    }
    case '&&': {
      const a = truth(node.args[0], of);
      if (!a.yes) return a;
      const b = truth(node.args[1], of);
      return { yes: b.yes, no: a.no || b.no, none: [...a.none, ...b.none] };
    }
    case '||': {
      const a = truth(node.args[0], of);
      if (!a.no) return a;
      const b = truth(node.args[1], of);
      return { yes: a.yes || b.yes, no: b.no, none: [...a.none, ...b.none] };
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '==':
    case '!=':
      return comparison(node.op, node.args, of);
    default:
      throw new NotChecked(`a formula with ${partText(node)}`);
  }
}

function comparison(
  op: '<' | '<=' | '>' | '>=' | '==' | '!=',
  [left, right]: readonly [FormulaNode, FormulaNode],
  of: OutcomeOf,
): Truth {
  const [a, b] = [number(left, of), number(right, of)];
  if (a.range === null) return { yes: false, no: false, none: a.none };
  const none = [...a.none, ...b.none];
  if (b.range === null) return { yes: false, no: false, none };
  const [x, y] = [a.range, b.range];
  const mayEqual = x.low <= y.high && y.low <= x.high;
  const mustEqual = mayEqual && x.low === x.high && y.low === y.high;
  switch (op) {
    case '<':
      return { yes: x.low < y.high, no: x.high >= y.low, none };
    case '<=':
      return { yes: x.low <= y.high, no: x.high > y.low, none };
    case '>':
      return { yes: x.high > y.low, no: x.low <= y.high, none };
    case '>=':
      return { yes: x.high >= y.low, no: x.low < y.high, none };
    case '==':
      return { yes: mayEqual, no: !mustEqual, none };
    case '!=':
      return { yes: !mustEqual, no: mayEqual, none };
  }
}
