import { BUILT_IN_WORKFLOW, isBuiltIn, KEPT_NAMES } from './built-in.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Catalogue, Workflow } from './catalogue.ts';
import { readCalendars } from './catalogue-calendar.ts';
import { readChannels } from './catalogue-channel.ts';
import type { KpiScope } from './catalogue-kpi.ts';
import { isWrittenDerived, type OtherKpis, readKpis, readMeasured } from './catalogue-kpis.ts';
import { readDuration } from './catalogue-duration.ts';
import type { NamedFile } from './catalogue-plan.ts';
import { Problems, type Problem } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readRules, type RuleScope } from './catalogue-rule.ts';
import { readZone } from './catalogue-zone.ts';
import { readWorkflow } from './catalogue-workflow.ts';
import type { HolidayLookup } from '../calendar/holiday-table.ts';

/** Default of `max_alert_age`. */
const MAX_ALERT_AGE_MS = 900_000;

/** What a catalogue is compiled with. */
export interface CompileOptions {
  /** Version of the time-zone data; part of the hash of windows that depend on it. */
  readonly calendarVersion: string;
  /** What is known of the countries whose holidays its calendars name. */
  readonly holidays?: HolidayLookup;
  /** Workflows of other files of the same catalogue, which the KPIs of this one may name. */
  readonly otherWorkflows?: ReadonlyMap<string, Workflow>;
  /** Calendars of other files, which its KPIs may name. */
  readonly otherCalendars?: ReadonlyMap<string, Calendar>;
  /** KPIs of other files, from which those of this one may be computed. */
  readonly otherKpis?: OtherKpis;
  /** The files of plans, by the names that the KPIs of this file give them. */
  readonly plans?: ReadonlyMap<string, NamedFile>;
  /** Names of channels of other files, which its rules may name. */
  readonly otherChannels?: readonly string[];
  /** It is takt's own part, which may use the names that are kept for it. */
  readonly builtIn?: boolean;
}

/** A catalogue, or what is wrong with it: one of the two is empty. */
export interface Compiled {
  readonly catalogue: Catalogue | null;
  readonly problems: readonly Problem[];
}

/**
 * Makes a catalogue of a parsed file. `shape` holds what the JSON Schema found wrong: a part with a wrong shape is
 * passed over, so that everything else is checked as well. All problems are given, in no order.
 */
export function compileCatalogue(parsed: unknown, shape: readonly Problem[], options: CompileOptions): Compiled {
  const problems = new Problems();
  const builtIn = options.builtIn === true;
  const root = mapOf(parsed) ?? {};
  const timezone = root['timezone'] === undefined ? 'UTC' : readZone(root['timezone'], ['timezone'], problems);
  const age = { defaultMs: MAX_ALERT_AGE_MS, leastMs: 1 };
  const maxAlertAgeMs = readDuration(root['max_alert_age'], ['max_alert_age'], problems, age) ?? MAX_ALERT_AGE_MS;
  const workflows = new Map<string, Workflow>();
  for (const [name, value] of Object.entries(mapOf(root['workflows']) ?? {})) {
    const workflow = readWorkflow(name, value, ['workflows', name], problems);
    if (workflow !== null) workflows.set(name, workflow);
    if (name === BUILT_IN_WORKFLOW && !builtIn)
      problems.addAtKey(['workflows', name], `the name '${name}' is kept for takt's own heartbeat`, 'any other name');
  }
  const calendars = calendarsIn(root, timezone ?? 'UTC', options, problems);
  const scope = scopeOf(timezone, workflows, calendars, options, problems);
  const kpis = readKpis(root['kpis'], scope, options.otherKpis);
  const channels = readChannels(root['channels'], ['channels'], problems);
  const named = new Set([...(options.otherChannels ?? []), ...channelNamesOf(parsed)]);
  const { calendars: known, calendarVersion } = scope;
  const ruleScope: RuleScope = {
    channels: named,
    calendars: known,
    calendarVersion,
    rules: new Map(),
    builtIn,
    problems,
  };
  for (const [key, value] of Object.entries(mapOf(root['kpis']) ?? {})) {
    if (isBuiltIn(key) && !builtIn) problems.addAtKey(['kpis', key], KEPT_NAMES, 'any other name');
    const kpi = kpis.get(key);
    if (kpi !== undefined) readRules(mapOf(value)?.['alerts'], ['kpis', key, 'alerts'], kpi, ruleScope);
    else if (!isTold(key, value, problems.list) && !explained(shape, key))
      problems.addAtKey(['kpis', key], `the KPI '${key}' does not have the form of the schema`);
  }
  const all = [...shape.filter((problem) => !toldBetter(problem, problems.list)), ...problems.list];
  if (all.length > 0) return { catalogue: null, problems: all };
  const { rules } = ruleScope;
  return {
    catalogue: { timezone: timezone ?? 'UTC', maxAlertAgeMs, workflows, calendars, kpis, rules, channels },
    problems: [],
  };
}

/** What the KPIs of a file are read against. */
function scopeOf(
  timezone: string | null,
  workflows: ReadonlyMap<string, Workflow>,
  calendars: ReadonlyMap<string, Calendar>,
  options: CompileOptions,
  problems: Problems,
): KpiScope {
  return {
    workflows: new Map([...(options.otherWorkflows ?? []), ...workflows]),
    calendars: new Map([...(options.otherCalendars ?? []), ...calendars]),
    zone: timezone ?? 'UTC',
    calendarVersion: options.calendarVersion,
    plans: options.plans ?? new Map(),
    problems,
  };
}

/** The KPIs of a parsed file, whatever is wrong with it: for the KPIs of other files that are computed from them. */
export function kpisOf(parsed: unknown, options: CompileOptions): OtherKpis {
  const root = mapOf(parsed) ?? {};
  const problems = new Problems();
  const timezone = root['timezone'] === undefined ? 'UTC' : readZone(root['timezone'], [], problems);
  const scope = scopeOf(timezone, workflowsOf(parsed), calendarsOf(parsed, options), options, problems);
  return { measured: readMeasured(root['kpis'], scope), written: new Map(Object.entries(mapOf(root['kpis']) ?? {})) };
}

/** The workflows of a parsed file, whatever is wrong with it: for what other files of the same catalogue may name. */
export function workflowsOf(parsed: unknown): Map<string, Workflow> {
  const workflows = new Map<string, Workflow>();
  for (const [name, value] of Object.entries(mapOf(mapOf(parsed)?.['workflows']) ?? {})) {
    const workflow = readWorkflow(name, value, [], new Problems());
    if (workflow !== null) workflows.set(name, workflow);
  }
  return workflows;
}

/** The calendars of a parsed file, whatever is wrong with them. */
export function calendarsOf(parsed: unknown, options: Pick<CompileOptions, 'holidays'>): Map<string, Calendar> {
  const root = mapOf(parsed) ?? {};
  const zone = readZone(root['timezone'], [], new Problems()) ?? 'UTC';
  return calendarsIn(root, zone, options, new Problems());
}

function calendarsIn(
  root: Readonly<Record<string, unknown>>,
  zone: string,
  { holidays = new Map() }: Pick<CompileOptions, 'holidays'>,
  problems: Problems,
): Map<string, Calendar> {
  return readCalendars(root['calendars'], ['calendars'], { zone, holidays, problems });
}

/** The names of the channels of a parsed file, whatever is wrong with them. */
export function channelNamesOf(parsed: unknown): string[] {
  return Object.keys(mapOf(mapOf(parsed)?.['channels']) ?? {});
}

/** Whether a problem of shape is also one of meaning, whose message knows more. */
function toldBetter(problem: Problem, told: readonly Problem[]): boolean {
  const place = JSON.stringify(problem.path);
  return told.some(({ path, at }) => at === problem.at && JSON.stringify(path) === place);
}

/** Whether a problem says why this KPI could not be read: of a derived one, a KPI that it uses may have it. */
function isTold(key: string, value: unknown, told: readonly Problem[]): boolean {
  return isWrittenDerived(value) || told.some(({ path }) => path[0] === 'kpis' && path[1] === key);
}

/** Whether a problem of shape, in this KPI or above it, says why it could not be read. */
function explained(shape: readonly Problem[], key: string): boolean {
  return shape.some(({ path }) => path[0] !== 'kpis' || path.length < 2 || path[1] === key);
}
