import { isMoving } from '../../core/aggregate/moving.ts';
import { CarriedWindows, type KnownWindows, MovingWindows, valuesOf } from '../../core/verify/carried-windows.ts';
import type { ComputedRow } from '../../core/verify/compare-windows.ts';
import type { ComputedValue } from '../../core/verify/computed-value.ts';
import { derivedFrom } from '../../core/verify/derived-from.ts';
import { type EndSpan, endsOf, spansOf } from '../../core/verify/derived-inputs.ts';
import { windowsEndingAt } from '../../core/verify/moving-windows.ts';
import { movingSql } from '../../core/verify/sql-moving.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import { windowSql, windowsSql } from '../../core/verify/sql-windows.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import { lastEnd, TOTAL_END_MS, tumbles } from '../../core/window/window.ts';
import type { KpiPlan, PlannedInput } from './kpi-plan.ts';
import type { PageWindows } from './page-windows.ts';
import { sumsOf } from './sums.ts';
import type { VerifySource } from './verify-source.ts';

/** Windows of what moves with time that one statement gives, over all label sets; and their ends, which stand in it. */
const MOVING_ROWS_MAX = 100_000;
const MOVING_ENDS_MAX = 1_000;

type Rows = Pick<VerifySource, 'rows'>;

/** A window of a derived KPI. */
interface Due {
  /** Canonical encoding. */
  readonly labels: string;
  readonly endMs: number;
}

/** An input over a page. */
interface ReadInput {
  readonly input: PlannedInput;
  /** Where it has rows itself. */
  readonly rows: readonly ComputedRow[];
  /** Null: they are computed for the windows that ask for them, once it is known which do. */
  readonly windows: KnownWindows | null;
}

/** Computes the windows of a derived KPI that end in `ends`. Throws NotChecked and what the source throws. */
export async function derivedWindows(plan: KpiPlan, ends: WindowEnds, source: Rows): Promise<PageWindows> {
  const { definition, inputs } = plan;
  const read: ReadInput[] = [];
  for (const input of inputs) read.push(await readInput(plan, input, ends, source));
  const due = dueIn(read, ends);
  const windows = new Map<string, KnownWindows>();
  for (const { input, windows: known } of read)
    windows.set(input.definition.hash, known ?? (await movingWindows(plan, input, due, ends, source)));
  const valueAt = (labels: string, endMs: number): ComputedValue =>
    derivedFrom(definition, endMs, (measured, at) => windows.get(measured.hash)!.at(labels, at));
  return {
    rows: due.map(({ labels, endMs }) => ({ labels, endMs, value: valueAt(labels, endMs) })),
    absent: (labels, endMs) => (endMs === TOTAL_END_MS ? valueAt(labels, endMs) : null),
    inputsAt: (labels, endMs) =>
      inputs.flatMap((input) =>
        endsOf(definition, input.definition, endMs).map((at) => ({
          input,
          endMs: at,
          value: windows.get(input.definition.hash)!.at(labels, at),
        })),
      ),
  };
}

/** Where the rows of its inputs give it rows. */
function dueIn(read: readonly ReadInput[], { afterMs, untilMs }: WindowEnds): Due[] {
  const due = new Map<string, Due>();
  for (const { input, rows } of read)
    for (const row of rows)
      for (const endMs of input.rowsFor(row.endMs))
        if (endMs > afterMs && endMs <= untilMs) due.set(`${row.labels} ${endMs}`, { labels: row.labels, endMs });
  return [...due.values()];
}

async function readInput(
  { definition: derived }: KpiPlan,
  input: PlannedInput,
  ends: WindowEnds,
  source: Rows,
): Promise<ReadInput> {
  const { definition, contributions, span } = input;
  const spans = spansOf(derived, definition, ends);
  if (isMoving(definition)) {
    if (!input.givesRows) return { input, rows: [], windows: null };
    const rows: ComputedRow[] = [];
    for (const [fromMs, throughMs] of spans) {
      const inSpan = { afterMs: fromMs - 1, untilMs: throughMs };
      const sums = await sumsOf(windowsSql(definition, contributions, inSpan, span), source);
      // A window that follows others has a row of another KPI only where it has changes of its own.
      const own = tumbles(definition.window) ? sums.filter(({ changes }) => changes > 0) : sums;
      rows.push(...valuesOf(definition, own));
    }
    return { input, rows, windows: null };
  }
  const pieces = [];
  for (const each of spans) pieces.push(await readSpan(input, each, source));
  return { input, rows: pieces.flatMap(({ rows }) => rows), windows: new CarriedWindows(definition, pieces) };
}

/** The windows of a span, and what holds before the first of them. */
async function readSpan(
  { definition, contributions, span }: PlannedInput,
  [fromMs, throughMs]: EndSpan,
  source: Rows,
): Promise<{ readonly throughMs: number; readonly rows: readonly ComputedRow[] }> {
  const { window } = definition;
  const afterMs = window.kind === 'total' ? fromMs - 1 : lastEnd(window, fromMs - 1);
  const before =
    window.kind === 'total' || tumbles(window)
      ? []
      : await sumsOf(windowSql(definition, contributions, afterMs), source);
  const rest = await sumsOf(windowsSql(definition, contributions, { afterMs, untilMs: throughMs }, span), source);
  return { throughMs, rows: valuesOf(definition, [...before, ...rest]) };
}

/** The windows of an input that time moves, of those that are due and those that have a row. */
async function movingWindows(
  { definition: derived }: KpiPlan,
  { definition, contributions, span }: PlannedInput,
  due: readonly Due[],
  { afterMs, untilMs }: WindowEnds,
  source: Rows,
): Promise<KnownWindows> {
  const stored = await source.rows<{ readonly end_ms: string | number }>(
    `SELECT DISTINCT window_end_ms AS end_ms FROM \`values\` WHERE definition = ${quoted(derived.hash)} AND withdrawn = 0
  AND window_end_ms > ${afterMs} AND window_end_ms <= ${untilMs}`,
  );
  const all = new Set([...due.map(({ endMs }) => endMs), ...stored.map(({ end_ms }) => Number(end_ms))]);
  const ends = [...new Set([...all].flatMap((endMs) => endsOf(derived, definition, endMs)))].sort((a, b) => a - b);
  const series = new Set(due.map(({ labels }) => labels)).size;
  const endsMax = Math.max(1, Math.min(MOVING_ENDS_MAX, Math.floor(MOVING_ROWS_MAX / Math.max(1, series))));
  const rows: ComputedRow[] = [];
  for (let at = 0; at < ends.length; at += endsMax) {
    const wanted = windowsEndingAt(definition, ends.slice(at, at + endsMax));
    rows.push(...valuesOf(definition, await sumsOf(movingSql(definition, contributions, wanted, span), source)));
  }
  return new MovingWindows(definition, rows);
}
