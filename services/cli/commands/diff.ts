import { isBuiltIn } from '../../shared/core/catalogue/built-in.ts';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { workflowsOf } from '../../shared/core/formula/derived.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { SeriesLimit } from '../../shared/core/series/limit-series.ts';
import { quoted } from '../../shared/core/verify/sql-text.ts';
import { SERIES_LIMITS } from '../../shared/core/verify/sql-series.ts';
import { diffKpi, type KpiDiff } from '../../shared/runtime/verify/diff-kpi.ts';
import { diffRule, type RuleDiff } from '../../shared/runtime/verify/diff-rule.ts';
import { rulesNow } from '../../shared/runtime/verify/rules-now.ts';
import { inForce, stateAmong, stateOf } from '../../shared/runtime/verify/verify.ts';
import type { WorkflowState } from '../../shared/runtime/verify/verify-kpi.ts';
import type { VerifyRange, VerifySource } from '../../shared/runtime/verify/verify-source.ts';
import { diffJson, diffText, ruleDiffJson, ruleDiffText } from '../verify/diff-report.ts';
import { verifySourceOf } from '../verify/session-source.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { closeSession, openToRead } from './session.ts';
import { settled } from './settled.ts';
import { longWork } from './verify.ts';

export interface DiffCommandOptions extends CommonOptions {
  /** Milliseconds UTC. */
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
}

/**
 * `takt diff`: what a catalogue would change in the values that are there and in what rules made of them, and nothing is
 * changed. A paragraph for each KPI and each rule that is new, changed or removed, or all of it as JSON. Throws VALUES_DIFFER where
 * anything would be other, what is wrong with the files, and what the store throws.
 */
export async function diffCommand(
  wiring: Wiring,
  files: readonly string[],
  options: DiffCommandOptions,
): Promise<void> {
  const bounded = options.from !== undefined || options.to !== undefined;
  const range = { fromMs: options.from ?? null, toMs: options.to ?? null, totals: !bounded };
  if (range.fromMs !== null && range.toMs !== null && range.fromMs >= range.toMs)
    throw new TaktError('USAGE', '--from must be earlier than --to.');
  const written = await wiring.loadCatalogue(files);
  const session = await openToRead(wiring, options);
  const diffs: KpiDiff[] = [];
  const rules: RuleDiff[] = [];
  try {
    await settled(session);
    const source = verifySourceOf(session);
    const next = wiring.limitSeries(written, await seriesLimits(source));
    for await (const diff of diffsOf(next, range, source)) {
      diffs.push(diff);
      if (options.json !== true) process.stdout.write(diffText(diff));
    }
    for await (const diff of ruleDiffsOf(next, range, source)) {
      rules.push(diff);
      if (options.json !== true) process.stdout.write(ruleDiffText(diff));
    }
  } finally {
    await closeSession(session);
  }
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ kpis: diffs.map(diffJson), rules: rules.map(ruleDiffJson) }, null, 2)}\n`);
  const [kpis, alerting] = [diffs.filter(isOther).length, rules.filter(isOther).length];
  if (kpis + alerting === 0) process.stderr.write('This catalogue changes no value, and no alert.\n');
  else
    throw new TaktError(
      'VALUES_DIFFER',
      `${kpis} KPIs and ${alerting} rules would be other than they are; nothing was changed.`,
    );
}

function isOther({ change, differing, notTold }: KpiDiff | RuleDiff): boolean {
  return change !== 'changed' || differing > 0 || notTold !== null;
}

/** What was decided of KPIs with too many label sets. */
async function seriesLimits(source: VerifySource): Promise<ReadonlyMap<string, SeriesLimit>> {
  const rows = await source.rows<SeriesLimit>(SERIES_LIMITS);
  return new Map(rows.map((row) => [row.id, row]));
}

async function* diffsOf(next: Catalogue, range: VerifyRange, source: VerifySource): AsyncIterable<KpiDiff> {
  const now = new Map<string, Definition>();
  for (const definition of await inForce(source, [])) {
    const { kpi, effectiveMs = -Infinity } = definition;
    // Of several versions the one that is effective last is the one in the catalogue.
    if (effectiveMs >= (now.get(kpi)?.effectiveMs ?? -Infinity)) now.set(kpi, definition);
  }
  const states = new Map<string, WorkflowState>();
  const none = { windows: 0, differing: 0, firstMs: null, lastMs: null, largest: [] };
  for (const { definition } of next.kpis.values()) {
    const { kpi, hash } = definition;
    const old = now.get(kpi);
    now.delete(kpi);
    if (old?.hash === hash) continue;
    for (const name of workflowsOf(definition)) if (!states.has(name)) states.set(name, await stateOf(source, name));
    const onPage = longWork();
    yield await diffKpi(definition, old?.hash ?? null, stateAmong(definition, states), range, source, (count) =>
      onPage(kpi, count),
    );
  }
  for (const kpi of now.keys()) yield { kpi, change: 'removed', notTold: null, ...none };
}

/** The rules that are new or others, tried on the KPIs of the catalogue. */
async function* ruleDiffsOf(next: Catalogue, range: VerifyRange, source: VerifySource): AsyncIterable<RuleDiff> {
  const now = await rulesNow(source);
  const states = new Map<string, WorkflowState>();
  for (const rule of next.rules.values()) {
    if (isBuiltIn(rule.name) || now.some(({ hash }) => hash === rule.hash)) continue;
    const { definition } = next.kpis.get(rule.kpi)!;
    for (const name of workflowsOf(definition)) if (!states.has(name)) states.set(name, await stateOf(source, name));
    const change = now.some(({ name }) => name === rule.name) ? 'changed' : 'new';
    if (change === 'new' && (await isWithoutValues(definition.hash, source))) continue;
    yield await diffRule(rule, definition, change, stateAmong(definition, states), range, source);
  }
  const none = { notTold: null, fired: 0, wouldFire: 0, differing: 0, latest: [] };
  for (const { name, kpi } of now) if (!next.rules.has(name)) yield { rule: name, kpi, change: 'removed', ...none };
}

/** Whether a definition in force has no values yet: then its rules have no series, and nobody knows whether they are new. */
async function isWithoutValues(hash: string, source: VerifySource): Promise<boolean> {
  const definition = quoted(hash);
  const rows = await source.rows(
    `SELECT 1 FROM definitions WHERE hash = ${definition} AND active = 1
       AND NOT EXISTS (SELECT 1 FROM \`values\` WHERE definition = ${definition} AND state = 'final') LIMIT 1`,
  );
  return rows.length > 0;
}
