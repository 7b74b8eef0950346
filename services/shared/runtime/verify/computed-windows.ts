import { isMoving } from '../../core/aggregate/moving.ts';
import type { ComputedRow, ComputedRows } from '../../core/verify/compare-windows.ts';
import type { ComputedValue } from '../../core/verify/computed-value.ts';
import { CarriedWindows, nothing, valuesOf } from '../../core/verify/carried-windows.ts';
import { asOf, derivedFrom, endsOf } from '../../core/verify/derived-inputs.ts';
import { windowSql, windowsSql } from '../../core/verify/sql-windows.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import { TOTAL_END_MS, tumbles } from '../../core/window/window.ts';
import type { KpiPlan, PlannedInput } from './kpi-plan.ts';
import type { VerifySource } from './verify-source.ts';

/** A value that a derived one was computed from. */
export interface InputValue {
  readonly input: PlannedInput;
  readonly endMs: number;
  readonly value: ComputedValue;
}

/** The windows of a page as the events give them. */
export interface ComputedWindows extends ComputedRows {
  /** What the value of a derived KPI was computed from; none of a measured one. */
  inputsAt(labels: string, endMs: number): InputValue[];
}

/** Computes the windows of a KPI that end in `ends`. Throws NotChecked and what the source throws. */
export async function computedWindows(
  plan: KpiPlan,
  ends: WindowEnds,
  source: Pick<VerifySource, 'rows'>,
): Promise<ComputedWindows> {
  const { definition, inputs } = plan;
  if (definition.aggregate.kind === 'derived') return derivedWindows(plan, ends, source);
  const rows = await measuredRows(inputs[0]!, (by) => windowsSql(definition, by, ends, inputs[0]!.span), source);
  // Windows without contributions need no row there, and one of zero is right.
  const always = !isMoving(definition) && (definition.window.kind === 'total' || tumbles(definition.window));
  const empty = always ? nothing(definition) : null;
  return { rows, absent: () => empty, inputsAt: () => [] };
}

async function derivedWindows(
  { definition, inputs }: KpiPlan,
  ends: WindowEnds,
  source: Pick<VerifySource, 'rows'>,
): Promise<ComputedWindows> {
  const windows = new Map<string, CarriedWindows>();
  const due = new Map<string, { readonly labels: string; readonly endMs: number }>();
  for (const input of inputs) {
    const known = await inputRows(definition, input, ends, source);
    windows.set(input.definition.hash, new CarriedWindows(input.definition, known));
    if (!input.isGrid) continue;
    for (const { labels, endMs } of known) if (endMs > ends.afterMs) due.set(`${labels} ${endMs}`, { labels, endMs });
  }
  const valueAt = (labels: string, endMs: number): ComputedValue =>
    derivedFrom(definition, endMs, (measured, at) => windows.get(measured.hash)!.at(labels, at));
  return {
    rows: [...due.values()].map(({ labels, endMs }) => ({ labels, endMs, value: valueAt(labels, endMs) })),
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

/** The windows of an input that count in a page of a derived KPI: those that end in it, and what holds when it begins. */
async function inputRows(
  derived: KpiPlan['definition'],
  input: PlannedInput,
  { afterMs, untilMs }: WindowEnds,
  source: Pick<VerifySource, 'rows'>,
): Promise<ComputedRow[]> {
  const { definition } = input;
  if (definition.window.kind === 'total')
    return measuredRows(input, (by) => windowsSql(definition, by, { afterMs, untilMs }, input.span), source);
  const firstMs = Math.min(asOf(definition, afterMs), ...endsOf(derived, definition, afterMs));
  const before = await measuredRows(input, (by) => windowSql(definition, by, firstMs), source);
  const rest = await measuredRows(
    input,
    (by) => windowsSql(definition, by, { afterMs: firstMs, untilMs }, input.span),
    source,
  );
  return [...before, ...rest];
}

type StoredRow = Record<'end_ms' | 'n', string | number> & Record<'a' | 'b', string> & { readonly labels: string[] };

async function measuredRows(
  { definition, contributions }: PlannedInput,
  sqlOf: (contributions: PlannedInput['contributions']) => string,
  source: Pick<VerifySource, 'rows'>,
): Promise<ComputedRow[]> {
  const rows = await source.rows<StoredRow>(sqlOf(contributions));
  const sums = rows.map(({ labels, end_ms, n, a, b }) => ({ labels, endMs: Number(end_ms), n: Number(n), a, b }));
  return valuesOf(definition, sums);
}
