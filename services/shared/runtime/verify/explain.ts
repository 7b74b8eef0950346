import type { Definition } from '../../core/definition.ts';
import { workflowsOf } from '../../core/formula/derived.ts';
import { TaktError } from '../../core/errors.ts';
import { decodeLabels } from '../../core/measure/labels.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import { reachMs } from '../../core/retention.ts';
import { NotChecked } from '../../core/verify/not-checked.ts';
import { firstBegin, lastEndBefore } from '../../core/window/effective.ts';
import { tumbles } from '../../core/window/window.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import type { CaseBehind } from './cases-behind.ts';
import { computedWindows } from './computed-windows.ts';
import { type InputBehind, type WhatIsBehind, whatIsBehind } from './inputs-behind.ts';
import { type KpiPlan, planKpi } from './kpi-plan.ts';
import { expired } from './still-told.ts';
import { inForce, stateOf } from './verify.ts';
import type { VerifySource } from './verify-source.ts';

/** Series that are named where several are meant. */
const NAMED_MAX = 10;
/** Events of a case that are shown. */
const EVENTS_MAX = 20;

/** Which value is to be explained. */
export interface ValueWanted {
  readonly kpi: string;
  /** Those that are given; together they have to mean one series. */
  readonly labels: ReadonlyMap<string, string>;
  /** Null: the latest. Milliseconds UTC. */
  readonly atMs: number | null;
  readonly casesMax: number;
}

/** A value as people see it. */
export interface ExplainedValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly startMs: number;
  readonly endMs: number;
  readonly value: number | null;
  readonly exact: string | null;
  readonly samples: number;
  readonly state: string;
  readonly revision: number;
  readonly reason: string;
}

/** A case behind it, with its first events. */
export interface ExplainedCase extends CaseBehind {
  readonly events: readonly ExplainedEvent[];
  readonly eventsCount: number;
}

/** An event of the archive; corrections and withdrawals stand as what they are. */
export interface ExplainedEvent {
  readonly time: string;
  readonly kind: string;
  readonly activity: string;
  readonly id: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Null: it has none. A decimal. */
  readonly value: string | null;
}

/** A value that a derived one is computed from, with the cases behind it. */
export interface ExplainedInput extends Omit<InputBehind, 'cases'> {
  readonly definition: Definition;
  readonly cases: readonly ExplainedCase[];
}

/** What is behind a value. */
export interface Explanation {
  readonly definition: Definition;
  readonly value: ExplainedValue;
  readonly cases: readonly ExplainedCase[];
  readonly casesCount: number;
  /** Of a KPI that is computed from others, which has no cases of its own: what it is computed from. */
  readonly inputs: readonly ExplainedInput[];
  /** How many windows that is; of many the latest with events are told. */
  readonly inputsCount: number;
  /** Why its cases cannot be told; null: they are. */
  readonly notTold: string | null;
}

/** Finds a value and the cases and events behind it. Throws KPI_UNKNOWN, VALUE_UNKNOWN and what the source throws. */
export async function explainValue(source: VerifySource, wanted: ValueWanted): Promise<Explanation> {
  const versions = (await inForce(source, [wanted.kpi])).sort((a, b) => begin(b) - begin(a));
  const { definition, value } = await findValue(source, versions, wanted);
  const told = await tellCases(source, definition, value, wanted.casesMax);
  return { definition, value, ...told };
}

function begin({ effectiveMs = -Infinity }: Definition): number {
  return effectiveMs;
}

interface ValueRow extends Pick<ExplainedValue, 'value' | 'state' | 'reason'> {
  readonly labels: string;
  readonly start_ms: string | number;
  readonly end_ms: string | number;
  readonly value_exact: string | null;
  readonly samples: string | number;
  readonly revision: string | number;
}

/** The value in the latest version of the KPI that has any then; `versions`: the latest first. */
async function findValue(
  source: VerifySource,
  versions: readonly Definition[],
  wanted: ValueWanted,
): Promise<{ readonly definition: Definition; readonly value: ExplainedValue }> {
  let next: Definition | null = null;
  for (const definition of versions) {
    const rows = await heldRows(source, definition, next, wanted.atMs);
    next = definition;
    if (rows.length === 0 && definition !== versions.at(-1)) continue;
    const meant = rows.filter(({ labels }) => [...wanted.labels].every(([name, value]) => labels[name] === value));
    const [value] = meant;
    if (value !== undefined && meant.length === 1) return { definition, value };
    throw valueUnknown(definition, wanted, meant.length === 0 ? rows : meant);
  }
  throw new Error('a KPI in force has a version');
}

/** The value of each series at a time, in the windows that begin before those of the `next` version. */
async function heldRows(
  source: VerifySource,
  definition: Definition,
  next: Definition | null,
  atMs: number | null,
): Promise<ExplainedValue[]> {
  const { window } = definition;
  const until =
    next?.effectiveMs === undefined
      ? ''
      : ` AND window_end_ms <= ${lastEndBefore(window, firstBegin(window, next.effectiveMs))}`;
  const sql = `SELECT labels, window_start_ms AS start_ms, window_end_ms AS end_ms, value, value_exact, samples, state, revision, reason
FROM \`values\` WHERE definition = ${quoted(definition.hash)} AND withdrawn = 0 AND ${heldAt(definition, atMs)}${until}
ORDER BY window_end_ms DESC LIMIT 1 BY labels`;
  const stored = (await source.rows<ValueRow>(sql)).sort((a, b) => (a.labels < b.labels ? -1 : 1));
  return stored.map(({ labels, value_exact, start_ms, end_ms, ...row }) => ({
    ...row,
    labels: decodeLabels(labels),
    startMs: Number(start_ms),
    endMs: Number(end_ms),
    exact: value_exact,
    samples: Number(row.samples),
    revision: Number(row.revision),
  }));
}

/** A calendar unit or a shift holds the times within it, every other one what comes after it. A total holds always. */
function heldAt({ window }: Definition, atMs: number | null): string {
  if (atMs === null || window.kind === 'total') return '1';
  return tumbles(window) ? `window_start_ms <= ${atMs} AND window_end_ms > ${atMs}` : `window_end_ms <= ${atMs}`;
}

function valueUnknown(
  { kpi }: Definition,
  { labels, atMs }: ValueWanted,
  rows: readonly Pick<ExplainedValue, 'labels'>[],
): TaktError {
  const asked = [...labels].map(([name, value]) => `${name}=${value}`);
  const when = atMs === null ? '' : ` at ${new Date(atMs).toISOString()}`;
  const where = asked.length === 0 ? '' : ` with ${asked.join(', ')}`;
  if (rows.length === 0)
    return new TaktError('VALUE_UNKNOWN', `${kpi} has no value${where}${when}.\nTry another time with --at.`);
  const named = rows.slice(0, NAMED_MAX).map((row) => Object.entries(row.labels).map((pair) => pair.join('=')));
  const list = named.map((pairs) => `  ${pairs.map((pair) => `--label ${pair}`).join(' ')}`);
  const more = rows.length > NAMED_MAX ? `\n  … and ${rows.length - NAMED_MAX} more` : '';
  return new TaktError(
    'VALUE_UNKNOWN',
    `${kpi}${where}${when} is not one series. Name one:\n${list.join('\n')}${more}`,
  );
}

async function tellCases(
  source: VerifySource,
  definition: Definition,
  value: ExplainedValue,
  casesMax: number,
): Promise<Omit<Explanation, 'definition' | 'value'>> {
  try {
    const { plan, behind } = await lookBehind(source, definition, value, casesMax);
    const inputs: ExplainedInput[] = [];
    for (const input of behind.inputs) {
      const own = plan.inputs.find((each) => each.definition.kpi === input.kpi)!.definition;
      inputs.push({ ...input, definition: own, cases: await withEvents(source, own, input.cases) });
    }
    const cases = await withEvents(source, definition, behind.cases);
    return { cases, casesCount: behind.casesCount, inputs, inputsCount: behind.inputsCount, notTold: null };
  } catch (error) {
    if (!(error instanceof NotChecked)) throw error;
    return { cases: [], casesCount: 0, inputs: [], inputsCount: 0, notTold: error.message };
  }
}

async function lookBehind(
  source: VerifySource,
  definition: Definition,
  { labels, startMs, endMs }: ExplainedValue,
  casesMax: number,
): Promise<{ readonly plan: KpiPlan; readonly behind: WhatIsBehind }> {
  const spans = new Map<string, EventSpan | null>();
  for (const workflow of workflowsOf(definition)) {
    const { span, frozenMs } = await stateOf(source, workflow);
    spans.set(workflow, span);
    const isWhole =
      frozenMs === null || (definition.window.kind !== 'total' && endMs - reachMs(definition) >= frozenMs);
    if (!isWhole) throw new NotChecked(`a window of which ${expired(frozenMs)}`);
  }
  const plan = planKpi(definition, (workflow) => spans.get(workflow) ?? null);
  const computed = await computedWindows(plan, { afterMs: endMs - 1, untilMs: endMs }, source);
  return { plan, behind: await whatIsBehind(plan, computed, { labels, startMs, endMs }, casesMax, source) };
}

interface EventRow extends ExplainedEvent {
  readonly case_id: string;
  readonly events: string | number;
}

async function withEvents(
  source: VerifySource,
  { workflow }: Definition,
  cases: readonly CaseBehind[],
): Promise<ExplainedCase[]> {
  if (cases.length === 0) return [];
  const ids = cases.map(({ caseId }) => quoted(caseId)).join(', ');
  const rows =
    await source.rows<EventRow>(`SELECT case_id, toString(fromUnixTimestamp64Milli(time_ms, 'UTC')) AS time, kind, activity, id, dimensions,
  if(isNull(value), NULL, toString(value)) AS value, count() OVER (PARTITION BY case_id) AS events
FROM (SELECT * FROM event_archive WHERE workflow = ${quoted(workflow)} AND case_id IN (${ids}) ORDER BY offset LIMIT 1 BY case_id, id)
ORDER BY case_id, time_ms, offset LIMIT ${EVENTS_MAX} BY case_id`);
  return cases.map((each) => {
    const own = rows.filter(({ case_id }) => case_id === each.caseId);
    const events = own.map(({ case_id: _case, events: _count, ...event }) => event);
    return { ...each, events, eventsCount: Number(own[0]?.events ?? 0) };
  });
}
