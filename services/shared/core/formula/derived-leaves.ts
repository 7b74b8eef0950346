import type { Definition, TumblingUnit, WindowSpec } from '../definition.ts';
import { sliceEnd } from '../window/window.ts';
import { earlierMsMax, laterSpan, type Span } from '../window/window-earlier.ts';
import { shiftStepMaxMs } from '../window/window-shift.ts';
import { type DerivedDefinition, inputsOf, isDerived } from './derived.ts';
import { outerEnd } from './rollup.ts';

/** A measured KPI at the bottom of a derived one. */
export interface Leaf {
  readonly definition: Definition;
  /** By how much at most the windows that count begin to lie behind the end of the derived row, ms. */
  readonly lagMs: number;
  /** It has the derived KPI's windows, so where it has a row the derived one has one too. */
  readonly isGrid: boolean;
  /** The ends at which there are derived rows because it has one that ends at `endMs`; null: it gives none. */
  readonly rowsFor: ((endMs: number) => readonly number[]) | null;
  /** The ends of derived rows, none left out, that count windows of it which end in a span. */
  readonly usedIn: (span: Span) => readonly Span[];
}

/** How a KPI that is computed from another one uses its windows. */
interface Use {
  readonly lagMs: number;
  readonly isGrid: boolean;
  /** The end at which it has a row where the other one has one that ends at `endMs`; null: that gives it none. */
  readonly rowFor: ((endMs: number) => number) | null;
  readonly usedIn: (span: Span) => readonly Span[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More than any window of this unit lasts, clocks put back and all. */
const LONGEST_MS: Readonly<Record<TumblingUnit, number>> = {
  hour: 3 * HOUR_MS,
  day: 2 * DAY_MS,
  week: 8 * DAY_MS,
  month: 32 * DAY_MS,
  quarter: 93 * DAY_MS,
  year: 367 * DAY_MS,
  'fiscal-month': 43 * DAY_MS,
  'fiscal-quarter': 99 * DAY_MS,
  'fiscal-year': 372 * DAY_MS,
};

/** What ends of windows are apart at most, ms. */
export function stepMaxMs(window: WindowSpec): number {
  if (window.kind === 'total') return 0;
  if (window.kind === 'tumbling') return LONGEST_MS[window.unit];
  if (window.kind === 'shift') return shiftStepMaxMs(window);
  if (window.kind === 'to-date' && window.unit === 'shift') return shiftStepMaxMs(window);
  // A day of 25 hours is one step.
  return window.kind === 'to-date' ? 2 * window.everyMs : window.everyMs;
}

/** The measured KPIs that a derived one is computed from in the end, each once. */
export function leavesOf(derived: DerivedDefinition): Leaf[] {
  const uses = new Map<string, { readonly definition: Definition; readonly ways: Use[] }>();
  collect(derived, { ...AS_IT_IS, usedIn: (span) => [span] }, uses);
  return [...uses.values()].map(({ definition, ways }) => {
    const givers = ways.flatMap(({ rowFor }) => rowFor ?? []);
    return {
      definition,
      lagMs: Math.max(...ways.map(({ lagMs }) => lagMs)),
      isGrid: ways.some(({ isGrid }) => isGrid),
      rowsFor: givers.length === 0 ? null : (endMs) => givers.map((rowFor) => rowFor(endMs)),
      usedIn: (span) => joined(ways.flatMap(({ usedIn }) => usedIn(span))),
    };
  });
}

/** `at`: how the outermost KPI uses the windows of `derived`. */
function collect(
  derived: DerivedDefinition,
  at: Use,
  uses: Map<string, { readonly definition: Definition; readonly ways: Use[] }>,
): void {
  for (const input of inputsOf(derived)) {
    const { lagMs, isGrid, rowFor, usedIn } = useOf(derived, input);
    const outer = at.rowFor;
    const use: Use = {
      lagMs: at.lagMs + lagMs,
      isGrid: at.isGrid && isGrid,
      rowFor: rowFor === null || outer === null ? null : (endMs) => outer(rowFor(endMs)),
      usedIn: (span) => usedIn(span).flatMap((each) => at.usedIn(each)),
    };
    if (isDerived(input)) {
      collect(input, use, uses);
      continue;
    }
    const known = uses.get(input.hash);
    if (known === undefined) uses.set(input.hash, { definition: input, ways: [use] });
    else known.ways.push(use);
  }
}

/** Of a KPI with the same windows. */
const AS_IT_IS: Pick<Use, 'lagMs' | 'isGrid' | 'rowFor'> = { lagMs: 0, isGrid: true, rowFor: (endMs) => endMs };

function useOf({ measure, window }: DerivedDefinition, input: Definition): Use {
  switch (measure.kind) {
    case 'formula': {
      if (sameWindow(input.window, window)) return { ...AS_IT_IS, usedIn: (span) => [span] };
      const lagMs = stepMaxMs(input.window);
      return { lagMs, isGrid: false, rowFor: null, usedIn: ([fromMs, throughMs]) => [[fromMs, throughMs + lagMs]] };
    }
    case 'growth': {
      const { over } = measure;
      const lagMs = earlierMsMax(
        window,
        over,
        'unit' in window && window.unit !== 'shift' ? LONGEST_MS[window.unit] : 0,
      );
      return { ...AS_IT_IS, lagMs, usedIn: (span) => [span, laterSpan(window, span, over)] };
    }
    case 'rollup': {
      // Whether there were events in the window before decides what the first ones without any count for.
      const looksBack = measure.empty === 'zero';
      return {
        lagMs: (looksBack ? 2 : 1) * stepMaxMs(window),
        isGrid: false,
        rowFor: (endMs) => outerEnd(window, endMs),
        usedIn: ([fromMs, throughMs]) => {
          const lastMs = outerEnd(window, throughMs);
          return [[outerEnd(window, fromMs), looksBack && lastMs !== Infinity ? sliceEnd(window, lastMs) : lastMs]];
        },
      };
    }
  }
}

/** The same ends in spans that do not overlap, ascending. */
function joined(spans: readonly Span[]): readonly Span[] {
  if (spans.length < 2) return spans;
  const result: [number, number][] = [];
  for (const [fromMs, throughMs] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last === undefined || fromMs > last[1]) result.push([fromMs, throughMs]);
    else last[1] = Math.max(last[1], throughMs);
  }
  return result;
}

/** Whether two KPIs have the same windows. */
export function sameWindow(a: WindowSpec, b: WindowSpec): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'total':
      return true;
    case 'instant':
      return b.kind === 'instant' && a.everyMs === b.everyMs;
    case 'rolling':
      return b.kind === 'rolling' && a.everyMs === b.everyMs && a.sizeMs === b.sizeMs;
    case 'tumbling':
      return b.kind === 'tumbling' && sameUnit(a, b);
    case 'to-date':
      return b.kind === 'to-date' && a.everyMs === b.everyMs && sameUnit(a, b);
    case 'shift':
      return JSON.stringify(a) === JSON.stringify(b);
  }
}

type Calendar = Extract<WindowSpec, { readonly zone: string }>;

function sameUnit(a: Calendar, b: Calendar): boolean {
  return (
    a.unit === b.unit &&
    a.zone === b.zone &&
    a.fiscalMonth === b.fiscalMonth &&
    JSON.stringify([a.fiscalWeeks, shiftsIn(a)]) === JSON.stringify([b.fiscalWeeks, shiftsIn(b)])
  );
}

function shiftsIn(window: Calendar): unknown {
  return window.unit === 'shift' ? [window.hours, window.only] : null;
}
