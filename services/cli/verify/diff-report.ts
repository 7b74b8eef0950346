import type { Mismatch } from '../../shared/core/verify/compare-windows.ts';
import { TOTAL_END_MS } from '../../shared/core/window/window.ts';
import type { KpiDiff } from '../../shared/runtime/verify/diff-kpi.ts';
import type { RuleDiff } from '../../shared/runtime/verify/diff-rule.ts';

/** What a change would do to a KPI, for people: a line, and one for each window that is listed. */
export function diffText(diff: KpiDiff): string {
  const { kpi, change, notTold, windows, differing, firstMs, lastMs, largest } = diff;
  if (change === 'removed') return `${kpi}: removed; it stops, and what was computed stays\n`;
  const what = change === 'new' ? 'new' : 'another definition';
  if (notTold !== null) return `${kpi}: ${what}; what it would change cannot be told: ${notTold}\n`;
  const span = firstMs === null || lastMs === null ? '' : `, from ${endText(firstMs)} to ${endText(lastMs)}`;
  const head =
    change === 'new'
      ? `${kpi}: new, with ${windows} windows that have a value${span}`
      : `${kpi}: another definition; ${differing} of ${windows} windows differ${span}`;
  const lines = largest.map(
    (each) => `  ${placeText(each)}: ${valueText(each.streamed)} → ${valueText(each.computed)}`,
  );
  const more = differing - largest.length;
  return `${[head, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')}\n`;
}

function placeText({ labels, startMs, endMs }: Mismatch): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const window = endMs === TOTAL_END_MS || startMs === endMs ? endText(endMs) : `${iso(startMs)} to ${iso(endMs)}`;
  return [...named, window].join(' ');
}

function valueText(value: { readonly value: number | null; readonly samples: number } | null): string {
  return value === null ? 'no row' : `${value.value ?? 'no value'} (n ${value.samples})`;
}

function endText(ms: number): string {
  return ms === TOTAL_END_MS ? 'total' : iso(ms);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same for programs: `old` and `new` of each window. */
export function diffJson({ firstMs, lastMs, largest, ...diff }: KpiDiff): unknown {
  return {
    ...diff,
    first: firstMs === null ? null : endText(firstMs),
    last: lastMs === null ? null : endText(lastMs),
    largest: largest.map(({ labels, startMs, endMs, streamed, computed }) => ({
      labels,
      windowStart: endMs === TOTAL_END_MS ? null : iso(startMs),
      windowEnd: endMs === TOTAL_END_MS ? null : iso(endMs),
      old: streamed === null ? null : { value: streamed.value, samples: streamed.samples },
      new: computed === null ? null : { value: computed.value, samples: computed.samples },
    })),
  };
}

/** What a change would do to a rule, for people: a line, and one for each firing that is listed. */
export function ruleDiffText(diff: RuleDiff): string {
  const { rule, kpi, change, notTold, fired, wouldFire, differing, latest } = diff;
  const head = `rule ${rule} on ${kpi}`;
  if (change === 'removed') return `${head}: removed; what it has begun ends\n`;
  const what = change === 'new' ? 'new' : 'another rule, which starts anew';
  if (notTold !== null) return `${head}: ${what}; how often it would have fired cannot be told: ${notTold}\n`;
  const times =
    change === 'new'
      ? `it would have fired ${wouldFire} times`
      : `it fired ${fired} times, and would have ${wouldFire} times`;
  const lines = latest.map(({ labels, firedMs, endedMs, only }) => {
    const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const until = endedMs === null ? 'on' : `to ${iso(endedMs)}`;
    return `  ${[...named, iso(firedMs), until].join(' ')}: ${only === 'next' ? 'would have fired' : 'would not have fired'}`;
  });
  const more = differing - latest.length;
  return `${[`${head}: ${what}; ${times}`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')}\n`;
}

/** The same for programs. */
export function ruleDiffJson({ latest, ...diff }: RuleDiff): unknown {
  return {
    ...diff,
    latest: latest.map(({ labels, firedMs, endedMs, only }) => ({
      labels,
      fired: iso(firedMs),
      ended: endedMs === null ? null : iso(endedMs),
      only,
    })),
  };
}
