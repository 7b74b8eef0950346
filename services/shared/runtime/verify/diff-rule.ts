import { isMoving } from '../../core/aggregate/moving.ts';
import { type Firing, RuleReplay } from '../../core/alert/rule-replay.ts';
import type { Rule } from '../../core/alert/rule.ts';
import type { Definition } from '../../core/definition.ts';
import { decodeLabels } from '../../core/measure/labels.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import { computedWindows } from './computed-windows.ts';
import { refuseMoving } from './diff-kpi.ts';
import { NO_SPAN, planKpi } from './kpi-plan.ts';
import { firingsOf, type SeriesFiring } from './rules-now.ts';
import { stillTold } from './still-told.ts';
import { type KpiState, whyNotChecked } from './verify-kpi.ts';
import { verifyPages } from './verify-pages.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** Series that a rule is tried on at most: each is remembered from page to page. */
const SERIES_MAX = 10_000;
/** Firings that are listed, of those that are on one side only: the latest. */
const LISTED_MAX = 10;

/** What a rule that is new, or another one, would have done in the past. */
export interface RuleDiff {
  readonly rule: string;
  readonly kpi: string;
  readonly change: 'changed' | 'new' | 'removed';
  /** Why it cannot be told; null: it is told. */
  readonly notTold: string | null;
  /** How often the rule of this name fired, and how often it would have. */
  readonly fired: number;
  readonly wouldFire: number;
  /** Firings that overlap none of the other side: `only` says which side has them. */
  readonly differing: number;
  readonly latest: readonly (SeriesFiring & { readonly only: 'now' | 'next' })[];
}

/**
 * Tries a rule on the windows that its KPI has by the archived events, and holds what it would have done against what
 * the rule of its name did (`change` says whether there is one). Windows that are not final are left out, so one that acts early would
 * have been earlier. Throws what the source throws.
 */
export async function diffRule(
  rule: Rule,
  definition: Definition,
  change: 'changed' | 'new',
  state: KpiState,
  range: VerifyRange,
  source: VerifySource,
): Promise<RuleDiff> {
  const { name, kpi } = rule;
  const none = { rule: name, kpi, change, fired: 0, wouldFire: 0, differing: 0, latest: [] };
  try {
    const now = change === 'new' ? [] : await firingsOf(name, range, source);
    const next = await firingsBy(rule, definition, state, range, source);
    const apart = [...onlyIn(next, now, 'next'), ...onlyIn(now, next, 'now')].sort((a, b) => b.firedMs - a.firedMs);
    const counts = { fired: now.length, wouldFire: next.length, differing: apart.length };
    return { ...none, ...counts, notTold: null, latest: apart.slice(0, LISTED_MAX) };
  } catch (error) {
    const notTold = whyNotChecked(error, definition.window.kind === 'total');
    if (notTold === null) throw error;
    return { ...none, notTold };
  }
}

/** What a rule would have done. Throws NotChecked and what the source throws. */
async function firingsBy(
  rule: Rule,
  definition: Definition,
  state: KpiState,
  range: VerifyRange,
  source: VerifySource,
): Promise<SeriesFiring[]> {
  if (definition.window.kind === 'total') throw new NotChecked('a total has no windows in the past');
  if (isMoving(definition)) throw new NotChecked('its KPI moves with time, and has windows where time came to');
  const plan = planKpi(definition, (workflow) => state.spanOf(workflow));
  await refuseMoving(plan, source);
  const replays = new Map<string, RuleReplay>();
  const told = stillTold(definition, range, state.frozenMs);
  for await (const ends of verifyPages(definition, state.span ?? NO_SPAN, told, state.watermarkMs, source)) {
    const { rows } = await computedWindows(plan, ends, source);
    for (const { labels, endMs, value } of rows.toSorted((a, b) => a.endMs - b.endMs)) {
      let replay = replays.get(labels);
      if (replay === undefined) replays.set(labels, (replay = new RuleReplay(definition, rule, labels)));
      if (replays.size > SERIES_MAX) throw new NotChecked(`its KPI has more than ${SERIES_MAX} label sets`);
      replay.see(endMs, value.value, value.samples);
    }
    for (const replay of replays.values()) replay.goOn(ends.untilMs);
  }
  return [...replays].flatMap(([labels, { firings }]) =>
    firings.map((firing) => ({ ...firing, labels: decodeLabels(labels) })),
  );
}

/** The firings of one side that overlap none of the other on the same series. */
function onlyIn<Side extends 'now' | 'next'>(
  firings: readonly SeriesFiring[],
  others: readonly SeriesFiring[],
  only: Side,
): (SeriesFiring & { readonly only: Side })[] {
  const bySeries = new Map<string, SeriesFiring[]>();
  for (const other of others) {
    const key = seriesKey(other);
    bySeries.set(key, [...(bySeries.get(key) ?? []), other]);
  }
  return firings.flatMap((firing) => {
    const known = bySeries.get(seriesKey(firing)) ?? [];
    return known.some((other) => overlap(firing, other)) ? [] : [{ ...firing, only }];
  });
}

function overlap(a: Firing, b: Firing): boolean {
  return a.firedMs <= (b.endedMs ?? Infinity) && b.firedMs <= (a.endedMs ?? Infinity);
}

function seriesKey({ labels }: SeriesFiring): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
