import { InvalidArgumentError } from 'commander';
import { TaktError } from '../../shared/core/errors.ts';
import { readRfc3339 } from '../../shared/core/ingest/json-mapping-field.ts';
import { verify } from '../../shared/runtime/verify/verify.ts';
import type { KpiCheck } from '../../shared/runtime/verify/verify-kpi.ts';
import { checkJson, checkText } from '../verify/report.ts';
import { verifySourceOf } from '../verify/session-source.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { closeSession, openToRead } from './session.ts';
import { settled } from './settled.ts';

export interface VerifyCommandOptions extends CommonOptions {
  readonly kpi?: readonly string[];
  /** Milliseconds UTC. */
  readonly from?: number;
  readonly to?: number;
  readonly json?: boolean;
}

/** A KPI that takes longer says so this often. */
const SAY_EVERY_MS = 5_000;

/**
 * `takt verify`: computes every KPI again as SQL over the archived events and compares. A line for each KPI as it is done,
 * or all of it as JSON. Throws VALUES_DIFFER where something differs, KPI_UNKNOWN, and what the store throws.
 */
export async function verifyCommand(wiring: Wiring, options: VerifyCommandOptions): Promise<void> {
  const range = {
    fromMs: options.from ?? null,
    toMs: options.to ?? null,
    totals: (options.from ?? options.to) === undefined,
  };
  if (range.fromMs !== null && range.toMs !== null && range.fromMs >= range.toMs)
    throw new TaktError('USAGE', '--from must be earlier than --to.');
  const session = await openToRead(wiring, options);
  const checks: KpiCheck[] = [];
  try {
    await settled(session);
    const source = verifySourceOf(session);
    for await (const check of verify({ source, range, kpis: options.kpi ?? [], onPage: longWork() })) {
      checks.push(check);
      if (options.json !== true) process.stdout.write(checkText(check));
    }
  } finally {
    await closeSession(session);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ kpis: checks.map(checkJson) }, null, 2)}\n`);
  conclude(checks);
}

function conclude(checks: readonly KpiCheck[]): void {
  const windows = checks.reduce((sum, check) => sum + check.windows, 0);
  const differences = checks.reduce((sum, { differencesCount }) => sum + differencesCount, 0);
  const unchecked = checks.filter(({ notChecked }) => notChecked !== null).map(({ kpi }) => kpi);
  const rest = unchecked.length === 0 ? '' : `; not checked: ${unchecked.join(', ')}`;
  const text = `${checks.length - unchecked.length} KPIs checked, ${windows} windows compared, ${differences} differences${rest}`;
  process.stderr.write(`${text}\n`);
  if (differences > 0)
    throw new TaktError('VALUES_DIFFER', `${differences} values are not what the archived events give.`);
}

/** Says on stderr how far long work is, every few seconds. */
export function longWork(): (kpi: string, windows: number) => void {
  let saidMs = Date.now();
  return (kpi, windows) => {
    if (Date.now() - saidMs < SAY_EVERY_MS) return;
    saidMs = Date.now();
    process.stderr.write(`${kpi}: ${windows} windows compared so far\n`);
  };
}

/** A time of an option, as milliseconds UTC: a date is its midnight UTC. Throws InvalidArgumentError. */
export function instant(text: string): number {
  const ms = readRfc3339(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (ms === null) throw new InvalidArgumentError('It must be a time such as 2026-03-01T00:00:00Z, or a date.');
  return ms;
}
