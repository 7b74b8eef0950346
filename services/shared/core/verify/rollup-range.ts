import type { RollupMeasure } from '../definition.ts';
import { isBounded, type Outcome, type Range } from './formula-range.ts';

/** A part of a number: more than one rounding of doubles. */
const ROUNDING = 2 ** -52;

/** A value of a window: within a range, if it has one (`certain`: it has). */
interface Part extends Range {
  readonly certain: boolean;
}

/** What the windows of a KPI come to within a longer one, if each of them, in their order, is somewhere in its range. */
export function rollupRange(kpi: string, aggregate: RollupMeasure['aggregate'], windows: readonly Outcome[]): Outcome {
  const parts = windows.flatMap(({ range, none }) =>
    range === null ? [] : [{ ...range, certain: none.length === 0 }],
  );
  const missing = [`${kpi} has no value in any of its windows`];
  if (parts.length === 0) return { range: null, none: missing };
  const range = aggregated(aggregate, parts);
  const mayLack = !parts.some(({ certain }) => certain) || !isBounded(range);
  return { range, none: mayLack ? missing : [] };
}

function aggregated(aggregate: RollupMeasure['aggregate'], parts: readonly Part[]): Range {
  const certain = parts.filter((part) => part.certain);
  switch (aggregate) {
    case 'sum':
      return sumOf(parts);
    case 'mean': {
      // Of which windows there are values is not known: none of their means is beyond the values.
      if (certain.length < parts.length) return around(parts);
      const { low, high } = sumOf(parts);
      return { low: low / parts.length, high: high / parts.length };
    }
    case 'min': {
      const { low } = around(parts);
      return { low, high: certain.length === 0 ? around(parts).high : leastOf(certain.map(({ high }) => high)) };
    }
    case 'max': {
      const { high } = around(parts);
      return { low: certain.length === 0 ? around(parts).low : mostOf(certain.map(({ low }) => low)), high };
    }
    case 'last':
      return around(
        parts.slice(
          Math.max(
            0,
            parts.findLastIndex((part) => part.certain),
          ),
        ),
      );
  }
}

function sumOf(parts: readonly Part[]): Range {
  let [low, high, size] = [0, 0, 0];
  for (const part of parts) {
    low += part.certain ? part.low : Math.min(0, part.low);
    high += part.certain ? part.high : Math.max(0, part.high);
    size += Math.max(Math.abs(part.low), Math.abs(part.high));
  }
  const isWhole = parts.every((part) => Number.isInteger(part.low) && Number.isInteger(part.high));
  // Whole numbers add up exactly; of others each addition may round.
  if (isWhole && Number.isSafeInteger(size)) return { low, high };
  const slack = size * parts.length * ROUNDING;
  return { low: low - slack, high: high + slack };
}

function around(parts: readonly Range[]): Range {
  return { low: leastOf(parts.map(({ low }) => low)), high: mostOf(parts.map(({ high }) => high)) };
}

function leastOf(numbers: readonly number[]): number {
  return numbers.reduce((least, each) => Math.min(least, each));
}

function mostOf(numbers: readonly number[]): number {
  return numbers.reduce((most, each) => Math.max(most, each));
}
