import type { Definition, TumblingUnit, WindowSpec } from '../definition.ts';
import { type DerivedDefinition, inputsOf, isDerived } from './derived.ts';

/** A measured KPI at the bottom of a derived one. */
export interface Leaf {
  readonly definition: Definition;
  /** By how much at most the windows that count begin to lie behind the end of the derived row, ms. */
  readonly lagMs: number;
  /** It has the derived KPI's windows, so where it has a row the derived one has one too. */
  readonly isGrid: boolean;
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
  'fiscal-quarter': 93 * DAY_MS,
  'fiscal-year': 367 * DAY_MS,
};

/** What ends of windows are apart at most, ms. */
export function stepMaxMs(window: WindowSpec): number {
  if (window.kind === 'total') return 0;
  if (window.kind === 'tumbling') return LONGEST_MS[window.unit];
  // A day of 25 hours is one step.
  return window.kind === 'to-date' ? 2 * window.everyMs : window.everyMs;
}

/** The measured KPIs that a derived one is computed from in the end, each once. */
export function leavesOf(derived: DerivedDefinition): Leaf[] {
  const leaves = new Map<string, Leaf>();
  collect(derived, { lagMs: 0, isGrid: true }, leaves);
  return [...leaves.values()];
}

/** `at`: how the ends at which `derived` is looked at lie to those of the outermost one. */
function collect(derived: DerivedDefinition, at: Omit<Leaf, 'definition'>, leaves: Map<string, Leaf>): void {
  for (const input of inputsOf(derived)) {
    const alike = sameWindow(input.window, derived.window);
    const lagMs = at.lagMs + (alike ? 0 : stepMaxMs(input.window));
    const isGrid = at.isGrid && alike;
    if (isDerived(input)) {
      collect(input, { lagMs, isGrid }, leaves);
      continue;
    }
    const known = leaves.get(input.hash);
    leaves.set(input.hash, {
      definition: input,
      lagMs: Math.max(lagMs, known?.lagMs ?? 0),
      isGrid: isGrid || known?.isGrid === true,
    });
  }
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
  }
}

type Calendar = Extract<WindowSpec, { readonly zone: string }>;

function sameUnit(a: Calendar, b: Calendar): boolean {
  return a.unit === b.unit && a.zone === b.zone && a.fiscalMonth === b.fiscalMonth;
}
