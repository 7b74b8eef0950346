import type { Mismatch } from '../../core/verify/compare-windows.ts';
import type { ComputedValue } from '../../core/verify/computed-value.ts';
import { encodeLabels } from '../../core/measure/labels.ts';
import { windowStart } from '../../core/window/window.ts';
import { type CasesBehind, casesBehind } from './cases-behind.ts';
import type { KpiPlan } from './kpi-plan.ts';
import type { PageWindows } from './page-windows.ts';
import type { VerifySource } from './verify-source.ts';

/** Windows of one KPI that are told with their cases. */
const WINDOWS_MAX = 5;

/** What is behind a value: cases, or of a KPI that is computed from others its inputs, with theirs. */
export interface WhatIsBehind extends CasesBehind {
  /** Of each KPI at most WINDOWS_MAX windows, the latest. */
  readonly inputs: readonly InputBehind[];
  /** How many there are; where that is more, only those with events. */
  readonly inputsCount: number;
}

/** A value that a derived one is computed from, as the events give it. */
export interface InputBehind extends CasesBehind {
  readonly kpi: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly computed: ComputedValue;
}

type Window = Pick<Mismatch, 'labels' | 'startMs' | 'endMs'>;

/** What is behind a window of a KPI, at most `casesMax` cases of each. Throws what the source throws. */
export async function whatIsBehind(
  { definition, inputs }: KpiPlan,
  computed: PageWindows,
  window: Window,
  casesMax: number,
  source: Pick<VerifySource, 'rows'>,
): Promise<WhatIsBehind> {
  if (definition.aggregate.kind !== 'derived') {
    const cases = await casesBehind(definition, inputs[0]!.contributions, window, casesMax, inputs[0]!.span, source);
    return { ...cases, inputs: [], inputsCount: 0 };
  }
  const telling = inputs.map((input) => {
    const all = computed
      .inputsAt(encodeLabels(window.labels), window.endMs)
      .filter((each) => each.input.definition.hash === input.definition.hash);
    // A rollup has many: of those, windows without events say nothing.
    return all.length <= WINDOWS_MAX ? all : all.filter(({ value }) => value.samples !== 0);
  });
  const behind: InputBehind[] = [];
  for (const { input, endMs, value } of telling.flatMap((each) => each.slice(-WINDOWS_MAX))) {
    const { kpi, window: windows } = input.definition;
    const own = { labels: window.labels, startMs: windowStart(windows, endMs), endMs };
    const cases = await casesBehind(input.definition, input.contributions, own, casesMax, input.span, source);
    behind.push({ kpi, startMs: own.startMs, endMs, computed: value, ...cases });
  }
  return { cases: [], casesCount: 0, inputs: behind, inputsCount: telling.flat().length };
}
