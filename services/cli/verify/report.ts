import type { ComputedValue, StreamedValue } from '../../shared/core/verify/computed-value.ts';
import type { Mismatch } from '../../shared/core/verify/compare-windows.ts';
import type { CasesBehind } from '../../shared/runtime/verify/cases-behind.ts';
import type { WhatIsBehind } from '../../shared/runtime/verify/inputs-behind.ts';
import type { KpiCheck } from '../../shared/runtime/verify/verify-kpi.ts';
import { TOTAL_END_MS } from '../../shared/core/window/window.ts';

/** What the check of a KPI came to, for people: a line, and for each difference two more. */
export function checkText(check: KpiCheck): string {
  const { effectiveMs, windows, open, moving, notChecked, differences, differencesCount } = check;
  const kpi = effectiveMs === null ? check.kpi : `${check.kpi} (from ${iso(effectiveMs)} on)`;
  if (notChecked !== null) return `${kpi}: not checked: ${notChecked}\n`;
  const result = differencesCount === 0 ? 'no differences' : counted(differencesCount, 'difference');
  const notes = [
    ...(open === 0 ? [] : [`${counted(open, 'row')} not final yet`]),
    ...(moving === 0 ? [] : [`${counted(moving, 'row')} changed meanwhile and not compared`]),
  ];
  const lines = [`${kpi}: ${[`${counted(windows, 'window')} compared`, result, ...notes].join(', ')}`];
  for (const difference of differences)
    lines.push(
      `  ${placeText(difference)}: ${valuesText(difference)}`,
      ...behindText(difference).map((line) => `    ${line}`),
    );
  const more = differencesCount - differences.length;
  if (more > 0) lines.push(`  and ${more} more`);
  return `${lines.join('\n')}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function placeText({ labels, startMs, endMs }: Mismatch): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const window = endMs === TOTAL_END_MS ? 'total' : startMs === endMs ? iso(endMs) : `${iso(startMs)} to ${iso(endMs)}`;
  return [...named, window].join(' ');
}

function valuesText({ streamed, computed }: Mismatch): string {
  const shown = streamed === null ? 'no row' : streamedText(streamed);
  return `streamed ${shown}, by SQL ${computed === null ? 'no row' : computedText(computed)}`;
}

function streamedText({ value, exact, samples, reason }: StreamedValue): string {
  const other = exact === null || exact === String(value) ? '' : ` = ${exact}`;
  return `${value ?? noValue([reason])}${other} (n ${samples})`;
}

/** What the events give for a window, for people. */
export function computedText({ value, exact, samples, none = [] }: ComputedValue): string {
  const ratio = exact === null || exact.denominator === 1n ? '' : ` = ${exact.numerator}/${exact.denominator}`;
  return `${value ?? noValue(none)}${ratio} (n ${samples})`;
}

function noValue(reasons: readonly string[]): string {
  const told = reasons.filter((reason) => reason !== '');
  return told.length === 0 ? 'no value' : `no value (${told.join(', ')})`;
}

/** The cases, or what the value is computed from with the cases of each. */
function behindText(difference: WhatIsBehind): string[] {
  const { inputs, inputsCount } = difference;
  if (inputsCount === 0) return [casesText(difference)];
  const more = inputsCount - inputs.length;
  return [
    ...inputs.map((input) => `${input.kpi} ${computedText(input.computed)}: ${casesText(input)}`),
    ...(more > 0 ? [`and ${more} earlier windows`] : []),
  ];
}

function casesText({ cases, casesCount }: CasesBehind): string {
  if (cases.length === 0) return 'no case contributes';
  const named = cases.map(({ caseId, contributions, amount }) => `${caseId} (${contributions}: ${amount})`);
  const rest = casesCount > cases.length ? ` and ${casesCount - cases.length} more` : '';
  return `${counted(casesCount, 'case')}: ${named.join(', ')}${rest}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same for programs: texts and numbers only. */
export function checkJson(check: KpiCheck): unknown {
  return {
    ...check,
    differences: check.differences.map((difference) => ({
      ...windowedJson(difference),
      inputs: difference.inputs.map(windowedJson),
    })),
  };
}

type Windowed = Record<'startMs' | 'endMs', number> & { readonly computed: ComputedValue | null };

/** Times as texts; what only the comparison asks for stays out. */
export function windowedJson<Part extends Windowed>({ startMs, endMs, computed, ...rest }: Part): object {
  const total = endMs === TOTAL_END_MS;
  return {
    ...rest,
    windowStart: total ? null : iso(startMs),
    windowEnd: total ? null : iso(endMs),
    computed: computed === null ? null : computedJson(computed),
  };
}

function computedJson({ value, exact, samples }: ComputedValue): unknown {
  return { value, exact: exact === null ? null : `${exact.numerator}/${exact.denominator}`, samples };
}
