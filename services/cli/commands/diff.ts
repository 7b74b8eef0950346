import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { workflowsOf } from '../../shared/core/formula/derived.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { SeriesLimit } from '../../shared/core/series/limit-series.ts';
import { SERIES_LIMITS } from '../../shared/core/verify/sql-series.ts';
import { diffKpi, type KpiDiff } from '../../shared/runtime/verify/diff-kpi.ts';
import { inForce, stateAmong, stateOf } from '../../shared/runtime/verify/verify.ts';
import type { WorkflowState } from '../../shared/runtime/verify/verify-kpi.ts';
import type { VerifyRange, VerifySource } from '../../shared/runtime/verify/verify-source.ts';
import { diffJson, diffText } from '../verify/diff-report.ts';
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
 * `takt diff`: what a catalogue would change in the values that are there, and nothing is changed. A paragraph for each KPI
 * that is new, changed or removed, or all of it as JSON. Throws VALUES_DIFFER where anything would be other, what is
 * wrong with the files, and what the store throws.
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
  try {
    await settled(session);
    const source = verifySourceOf(session);
    const next = wiring.limitSeries(written, await seriesLimits(source));
    for await (const diff of diffsOf(next, range, source)) {
      diffs.push(diff);
      if (options.json !== true) process.stdout.write(diffText(diff));
    }
  } finally {
    await closeSession(session);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ kpis: diffs.map(diffJson) }, null, 2)}\n`);
  const differing = diffs.filter(({ change, differing: count, notTold }) => {
    return change !== 'changed' || count > 0 || notTold !== null;
  });
  if (differing.length === 0) process.stderr.write('This catalogue changes no value.\n');
  else
    throw new TaktError('VALUES_DIFFER', `${differing.length} KPIs would be other than they are; nothing was changed.`);
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
