import { type ComputedValue, type StreamedValue } from '../../shared/core/verify/computed-value.ts';
import type { Difference, KpiCheck } from '../../shared/runtime/verify/verify-kpi.ts';
import { TOTAL_END_MS } from '../../shared/core/window/window.ts';

/** What the check of a KPI came to, for people: a line, and for each difference two more. */
export function checkText(check: KpiCheck): string {
  const { kpi, windows, open, moving, notChecked, differences, differencesCount } = check;
  if (notChecked !== null) return `${kpi}: not checked: ${notChecked}\n`;
  const result = differencesCount === 0 ? 'no differences' : counted(differencesCount, 'difference');
  const notes = [
    ...(open === 0 ? [] : [`${counted(open, 'row')} not final yet`]),
    ...(moving === 0 ? [] : [`${counted(moving, 'row')} changed meanwhile and not compared`]),
  ];
  const lines = [`${kpi}: ${[`${counted(windows, 'window')} compared`, result, ...notes].join(', ')}`];
  for (const difference of differences)
    lines.push(`  ${placeText(difference)}: ${valuesText(difference)}`, `    ${casesText(difference)}`);
  const more = differencesCount - differences.length;
  if (more > 0) lines.push(`  and ${more} more`);
  return `${lines.join('\n')}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function placeText({ labels, startMs, endMs }: Difference): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const window = endMs === TOTAL_END_MS ? 'total' : startMs === endMs ? iso(endMs) : `${iso(startMs)} to ${iso(endMs)}`;
  return [...named, window].join(' ');
}

function valuesText({ streamed, computed }: Difference): string {
  const shown = streamed === null ? 'no row' : streamedText(streamed);
  return `streamed ${shown}, by SQL ${computed === null ? 'no row' : computedText(computed)}`;
}

function streamedText({ value, exact, samples }: StreamedValue): string {
  const other = exact === null || exact === String(value) ? '' : ` = ${exact}`;
  return `${value ?? 'no value'}${other} (n ${samples})`;
}

function computedText({ value, exact, samples }: ComputedValue): string {
  const ratio = exact === null || exact.denominator === 1n ? '' : ` = ${exact.numerator}/${exact.denominator}`;
  return `${value ?? 'no value'}${ratio} (n ${samples})`;
}

function casesText({ cases, casesCount }: Difference): string {
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
    differences: check.differences.map(({ startMs, endMs, computed, ...rest }) => ({
      ...rest,
      windowStart: endMs === TOTAL_END_MS ? null : iso(startMs),
      windowEnd: endMs === TOTAL_END_MS ? null : iso(endMs),
      computed: computed === null ? null : { ...computed, exact: exactText(computed) },
    })),
  };
}

function exactText({ exact }: ComputedValue): string | null {
  return exact === null ? null : `${exact.numerator}/${exact.denominator}`;
}
