import { createHash } from 'node:crypto';
import { isBuiltIn, KEPT_NAMES } from './built-in.ts';
import type { Kpi } from './catalogue.ts';
import { findCalendar } from './catalogue-calendar.ts';
import { readNotify } from './catalogue-channel.ts';
import { readDuration } from './catalogue-duration.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf, numberOf, textOf } from './catalogue-read.ts';
import type { Calendar, WorkingHours } from '../calendar/calendar.ts';
import type { Aggregate, Definition, WindowSpec } from '../definition.ts';
import { ALERT_RULES_VERSION } from '../fold-rules.ts';
import { mapGoal } from '../goal/goal.ts';
import type { PlanFactor } from '../goal/plan.ts';
import { applied } from '../goal/plan-limit.ts';
import { endsWithin } from '../alert/rule-hours.ts';
import { type Comparison, COMPARISONS, type Rule, SEVERITIES, type Severity, type Threshold } from '../alert/rule.ts';

const CONDITION =
  /^value\s*(>=|<=|==|!=|>|<)\s*(?:(target|baseline|plan)(?:\s*([-+*])\s*(\d+(?:\.\d+)?))?|(-?\d+(?:\.\d+)?))$/;
const FORM = `value, one of ${COMPARISONS.join(' ')}, then a number, target, baseline or plan, or one of these three with + - * and a number, such as value > target * 1.2`;
const HASH_DIGITS = 16;
/** Windows from here on are tried against the hours of a rule: 2024-01-01, any time would do. */
const HOURS_TRIED_MS = 1_704_067_200_000;

/** What rules are read against. */
export interface RuleScope {
  /** The catalogue's channels, sound or not: those of a wrong form have their own problem. */
  readonly channels: ReadonlySet<string>;
  /** The rules read so far, by name. */
  readonly rules: Map<string, Rule>;
  /** Those that rules may name, and the version of the time-zone data of their hours. */
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly calendarVersion: string;
  /** Whether they may have the names that are kept for takt. */
  readonly builtIn: boolean;
  readonly problems: Problems;
}

/** Adds the rules of a KPI to `scope.rules`; `path` is that of its `alerts`. */
export function readRules(value: unknown, path: Path, kpi: Kpi, scope: RuleScope): void {
  if (!Array.isArray(value)) return;
  const { problems, rules } = scope;
  if (kpi.definition.window.kind === 'total') {
    const message = 'a window over everything never ends, so a rule on it never decides';
    problems.addAtKey(path, message, 'a KPI with a rolling or tumbling window, or a measure open');
    return;
  }
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const rule = readRule(entry, [...path, index], kpi, scope);
    if (rule === null) continue;
    if (isBuiltIn(rule.name) && !scope.builtIn) problems.add([...path, index, 'name'], KEPT_NAMES, 'any other name');
    const known = rules.get(rule.name);
    if (known === undefined) rules.set(rule.name, rule);
    else {
      const message = `the rule name '${rule.name}' is taken by a rule of ${known.kpi}`;
      problems.add([...path, index, 'name'], message, 'a name that no other rule of the catalogue has');
    }
  }
}

function readRule(value: unknown, path: Path, kpi: Kpi, scope: RuleScope): Rule | null {
  const { channels, problems, calendarVersion } = scope;
  const map = mapOf(value);
  if (map === null) return null;
  const name = textOf(map['name']);
  const when = readThreshold(map['when'], [...path, 'when'], kpi, problems);
  const recover =
    map['recover'] === undefined ? null : readThreshold(map['recover'], [...path, 'recover'], kpi, problems);
  const forMs = readDuration(map['for'], [...path, 'for'], problems, { defaultMs: 0, leastMs: 0 });
  const during = readDuring(map['during'], [...path, 'during'], kpi.definition.window, scope);
  const byDefault = needsSamples(kpi.definition.aggregate) ? 1 : 0;
  const minSamples = map['min_samples'] === undefined ? byDefault : numberOf(map['min_samples']);
  const severity = map['severity'] ?? 'warning';
  const provisional = map['provisional'] ?? false;
  const notify = readNotify(map['notify'], [...path, 'notify'], channels, problems);
  if (name === null || when === null || forMs === null || minSamples === null || notify === null) return null;
  if ((map['recover'] !== undefined && recover === null) || (map['during'] !== undefined && during === null))
    return null;
  if (!SEVERITIES.includes(severity as Severity) || typeof provisional !== 'boolean') return null;
  const states = { name, definition: kpi.definition.hash, when, recover, forMs, during, minSamples, provisional };
  const { kpi: key } = kpi.definition;
  const shown = { kpi: key, severity: severity as Severity, notify, target: kpi.target };
  return { ...states, ...shown, hash: ruleHash(states, calendarVersion) };
}

/** The hours of the calendar that a rule names; null: none, or it has a problem. */
function readDuring(
  value: unknown,
  path: Path,
  window: WindowSpec,
  { calendars, problems }: RuleScope,
): WorkingHours | null {
  if (value === undefined) return null;
  const hours = findCalendar(value, path, calendars, problems)?.hours ?? null;
  if (hours === null || endsWithin(window, hours, HOURS_TRIED_MS)) return hours;
  const message = `no window of the KPI ends in the hours of '${hours.calendar}', so the rule never decides`;
  return problems.add(path, message, 'a KPI with windows that end within working time, such as a rolling one');
}

/** A count (of different values too), sum, level or age of nothing is a number; the other aggregates have no value without samples. */
function needsSamples({ kind }: Aggregate): boolean {
  return kind !== 'count' && kind !== 'sum' && kind !== 'level' && kind !== 'age' && kind !== 'distinct';
}

function readThreshold(value: unknown, path: Path, kpi: Kpi, problems: Problems): Threshold | null {
  const text = textOf(value);
  if (text === null) return null;
  const match = CONDITION.exec(text.trim());
  if (match === null) return problems.add(path, `'${text}' is no condition`, FORM);
  const [, op, base, sign, operand, plain] = match;
  const threshold = { op: op as Comparison, text: text.trim() };
  if (base === undefined) return { ...threshold, limit: Number(plain) };
  const factor = sign === undefined ? null : ([sign, Number(operand)] as PlanFactor);
  if (base === 'plan') {
    const { plan, definition } = kpi;
    if (plan === null) return problems.add(path, 'the KPI has no plan', 'a number, or a plan for the KPI');
    return { ...threshold, limit: { plan, window: definition.window, factor, labels: null } };
  }
  const from = base === 'target' ? kpi.target : kpi.baseline;
  if (from === null) return problems.add(path, `the KPI has no ${base}`, `a number, or a ${base} for the KPI`);
  return { ...threshold, limit: factor === null ? from : mapGoal(from, (value) => applied(value, factor)) };
}

/** The rule on another version of its KPI's definition (a hash): it is another rule. */
export function onDefinition(rule: Rule, definition: string, calendarVersion: string): Rule {
  return { ...rule, definition, hash: ruleHash({ ...rule, definition }, calendarVersion) };
}

/** What of a limit decides; the window of a plan's is in the hash of the definition. */
function hashedLimit(limit: Threshold['limit']): unknown {
  if (typeof limit === 'number' || !('plan' in limit)) return limit;
  const { plan, factor } = limit;
  return [[...plan.series].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)), plan.hours, factor];
}

/** A rule of a KPI as a rule on another version of it, which may have other windows: a plan is of these then. */
export function ruleOn(rule: Rule, { hash, window }: Definition, calendarVersion: string): Rule {
  const onto = <T extends Threshold | null>(threshold: T): T =>
    threshold === null || typeof threshold.limit === 'number' || !('plan' in threshold.limit)
      ? threshold
      : { ...threshold, limit: { ...threshold.limit, window } };
  return onDefinition({ ...rule, when: onto(rule.when), recover: onto(rule.recover) }, hash, calendarVersion);
}

/** Over what decides the states of a rule; not over who is told, and how. */
function ruleHash(
  states: Pick<Rule, 'name' | 'definition' | 'when' | 'recover' | 'forMs' | 'during' | 'minSamples' | 'provisional'>,
  calendarVersion: string,
): string {
  const { name, definition, when, recover, forMs, during, minSamples, provisional } = states;
  // As those of a definition: rules without hours keep the hashes that they had.
  const hours = during === null ? [] : [during, during.zone === 'UTC' ? null : calendarVersion];
  const limits = [when, recover].map((each) => each && [each.op, hashedLimit(each.limit)]);
  const fields = [ALERT_RULES_VERSION, name, definition, limits, forMs, minSamples, provisional, ...hours];
  return createHash('sha256').update(JSON.stringify(fields), 'utf8').digest('hex').slice(0, HASH_DIGITS);
}
