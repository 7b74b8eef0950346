import { setTimeout } from 'node:timers/promises';
import { isBuiltIn } from '../../core/catalogue/built-in.ts';
import { didYouMean, listed } from '../../core/catalogue/catalogue-problem.ts';
import type { Definition } from '../../core/definition.ts';
import { workflowsOf } from '../../core/formula/derived.ts';
import { TaktError } from '../../core/errors.ts';
import type { CutTimes } from '../../core/retention.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import { eventsTopic } from '../topics.ts';
import { type KpiCheck, type KpiState, verifyKpi, type WorkflowState } from './verify-kpi.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** How long, and how often, a check waits for what is still being computed; after that it is told. */
const COMPUTED_TRIES = 50;
const COMPUTED_WAIT_MS = 200;

export interface VerifyOptions {
  readonly source: VerifySource;
  readonly range: VerifyRange;
  /** Only these KPIs; empty: all in force. */
  readonly kpis: readonly string[];
  /** Told how many windows of a KPI were compared so far. */
  readonly onPage: (kpi: string, windows: number) => void;
}

/**
 * Checks the KPIs in force one after the other: their stored values against SQL over the archived events. Gives what each
 * came to. Throws KPI_UNKNOWN and what the source throws.
 */
export async function* verify({ source, range, kpis, onPage }: VerifyOptions): AsyncIterable<KpiCheck> {
  await computedSoon(source);
  const definitions = await inForce(source, kpis);
  const unfinished = kpis.length === 0 ? await notComputed(source) : [];
  const states = new Map<string, WorkflowState>();
  for (const name of new Set(definitions.flatMap(workflowsOf))) states.set(name, await stateOf(source, name));
  // What the watermarks tell of is then in the values.
  await source.settled();
  for (const definition of definitions)
    yield await verifyKpi(definition, stateAmong(definition, states), range, source, (windows) =>
      onPage(definition.kpi, windows),
    );
  const none = { windows: 0, open: 0, moving: 0, differencesCount: 0, differences: [] };
  for (const { kpi, effectiveMs = null } of unfinished)
    yield { kpi, effectiveMs, notChecked: 'it is still being computed', ...none };
}

/** What is known of the workflows of a KPI; `states` has all of them. */
export function stateAmong(definition: Definition, states: ReadonlyMap<string, WorkflowState>): KpiState {
  const own = workflowsOf(definition).map((workflow) => states.get(workflow)!);
  const spans = own.flatMap(({ span }) => span ?? []);
  const watermarks = own.map(({ watermarkMs }) => watermarkMs ?? -Infinity);
  const watermarkMs = Math.min(...watermarks);
  const frozen = own.flatMap(({ frozenMs }) => frozenMs ?? []);
  const firstMs = Math.min(...spans.map((span) => span.firstMs));
  const lastMs = Math.max(...spans.map((span) => span.lastMs));
  return {
    spanOf: (workflow) => states.get(workflow)?.span ?? null,
    span: spans.length === 0 ? null : { firstMs, lastMs },
    watermarkMs: watermarkMs === -Infinity ? null : watermarkMs,
    frozenMs: frozen.length === 0 ? null : Math.max(...frozen),
  };
}

/** What has just come in is computed within moments. */
async function computedSoon(source: VerifySource): Promise<void> {
  for (let tries = 0; tries < COMPUTED_TRIES; tries++) {
    if ((await notComputed(source)).length === 0) return;
    await setTimeout(COMPUTED_WAIT_MS);
  }
}

/** The definitions in force that are still being computed. */
async function notComputed(source: VerifySource): Promise<Definition[]> {
  const computed = await computedIn(source);
  return computed === null ? [] : (await active(source)).filter(({ hash }) => !computed.has(hash));
}

async function active(source: VerifySource): Promise<Definition[]> {
  const rows = await source.rows<{ readonly content: string }>(
    'SELECT content FROM definitions WHERE active = 1 ORDER BY kpi',
  );
  return rows.map(({ content }) => JSON.parse(content) as Definition).filter(({ kpi }) => !isBuiltIn(kpi));
}

/**
 * The definitions in force of these KPIs; of all where none is named. One that is still being computed has no values to
 * compare. Throws KPI_UNKNOWN.
 */
export async function inForce(source: VerifySource, wanted: readonly string[]): Promise<Definition[]> {
  const computed = await computedIn(source);
  const known = await active(source);
  const all = known.filter(({ hash }) => computed === null || computed.has(hash));
  const names = known.map(({ kpi }) => kpi);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TaktError(
      'KPI_UNKNOWN',
      `there is no KPI ${JSON.stringify(unknown)}${didYouMean(unknown, names)}; known: ${listed(names)}.`,
    );
  const unfinished = wanted.find((name) => !all.some(({ kpi }) => kpi === name));
  if (unfinished !== undefined)
    throw new TaktError('KPI_UNKNOWN', `${unfinished} is still being computed; takt status says how far it is.`);
  return wanted.length === 0 ? all : all.filter(({ kpi }) => wanted.includes(kpi));
}

/** Hashes of the definitions that are computed for all time; null: the takt is of an earlier version, where all are. */
async function computedIn(source: VerifySource): Promise<ReadonlySet<string> | null> {
  const rows = await source.rows<{ readonly content: string }>("SELECT content FROM positions WHERE stage = 'roll'");
  const lists = rows.map(({ content }) => (JSON.parse(content) as { readonly done?: readonly string[] }).done);
  if (lists.length === 0 || lists.includes(undefined)) return null;
  return new Set(lists[0]!.filter((hash) => lists.every((list) => list!.includes(hash))));
}

/** Events that come while the check runs may be a little earlier or later than all others. */
const MARGIN_MS = 7 * 86_400_000;

interface SpanRow {
  readonly first_ms: string | number | null;
  readonly last_ms: string | number | null;
}

/** How far a workflow is, and between which times its events lie. */
export async function stateOf(source: VerifySource, workflow: string): Promise<WorkflowState> {
  const watermarkMs = await source.watermark(workflow);
  const [row] = await source.rows<SpanRow>(
    `SELECT minOrNull(time_ms) AS first_ms, maxOrNull(time_ms) AS last_ms FROM event_archive WHERE workflow = ${quoted(workflow)}`,
  );
  const frozenMs = await frozenIn(source, workflow);
  if (row === undefined || row.first_ms === null) return { span: null, watermarkMs, frozenMs };
  const span = { firstMs: Number(row.first_ms) - MARGIN_MS, lastMs: Number(row.last_ms) + MARGIN_MS };
  return { span, watermarkMs, frozenMs };
}

/** Up to where events of a workflow may have expired, in any of its partitions; null: none has. */
async function frozenIn(source: VerifySource, workflow: string): Promise<number | null> {
  const rows = await source.rows<{ readonly content: string }>(
    `SELECT content FROM positions WHERE stage = 'aggregate' AND topic = ${quoted(eventsTopic(workflow))}`,
  );
  const cuts = rows.flatMap(({ content }) => (JSON.parse(content) as { readonly cut?: CutTimes }).cut ?? []);
  return cuts.length === 0 ? null : Math.max(...cuts.map(({ frozenMs }) => frozenMs));
}
