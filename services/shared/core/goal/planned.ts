import { businessTimeOf } from '../calendar/business-time.ts';
import { encodeLabels } from '../measure/labels.ts';
import type { Plan, PlannedSpan } from './plan.ts';

/** As `plannedIn`, of a KPI that may have no plan. */
export function plannedFor(
  plan: Plan | null,
  labels: Readonly<Record<string, string>>,
  fromMs: number,
  untilMs: number,
): number | null {
  return plan === null ? null : plannedIn(plan, encodeLabels(labels), fromMs, untilMs);
}

/**
 * What is planned for a series from one time to another: the share of each span that lies in it, by working time. Null
 * where nothing is planned for any of it. A span without working time is spread over all of its hours.
 */
export function plannedIn({ series, hours }: Plan, labels: string, fromMs: number, untilMs: number): number | null {
  const spans = series.get(labels) ?? [];
  let planned: number | null = null;
  for (let at = firstAfter(spans, fromMs); at < spans.length && spans[at]!.fromMs < untilMs; at++) {
    const span = spans[at]!;
    const lengthMs = (from: number, until: number): number =>
      hours === null ? until - from : businessTimeOf(hours).businessMs(from, until);
    const wholeMs = lengthMs(span.fromMs, span.untilMs);
    const from = Math.max(fromMs, span.fromMs);
    const until = Math.min(untilMs, span.untilMs);
    const part = wholeMs === 0 ? until - from : lengthMs(from, until);
    const all = wholeMs === 0 ? span.untilMs - span.fromMs : wholeMs;
    // Multiplied first: what is planned per minute of a day comes out whole.
    planned = (planned ?? 0) + (span.value * part) / all;
  }
  return planned;
}

/** Index of the first span that ends after a time. */
function firstAfter(spans: readonly PlannedSpan[], timeMs: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (spans[middle]!.untilMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
