import type { ComputedRows } from '../../core/verify/compare-windows.ts';
import type { ComputedValue } from '../../core/verify/computed-value.ts';
import type { PlannedInput } from './kpi-plan.ts';

/** A value that a derived one was computed from. */
export interface InputValue {
  readonly input: PlannedInput;
  readonly endMs: number;
  readonly value: ComputedValue;
}

/** The windows of a page as the events give them. */
export interface PageWindows extends ComputedRows {
  /** What the value of a derived KPI was computed from; none of a measured one. */
  inputsAt(labels: string, endMs: number): InputValue[];
}
