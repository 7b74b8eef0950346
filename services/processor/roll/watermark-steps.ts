import type { WindowSpec } from '../../shared/core/definition.ts';
import { sliceEnd, sliceStart } from '../../shared/core/window/window.ts';

/** A watermark that another one follows within this time need not be remembered: less than any last windows take, ms. */
const NEAR_MS = 500;

/** A stretch of time: after `fromMs`, up to `toMs`. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Which watermarks the marks of [slices] have told since values were computed, by workflow. They are those of the log,
 * whatever batches it is read in: so every owner gives rows to the same windows.
 */
export class WatermarkSteps {
  private readonly steps = new Map<string, number[]>();

  /** A mark was read; null: nothing is known yet. */
  note(workflow: string, watermarkMs: number | null): void {
    if (watermarkMs === null) return;
    const steps = this.steps.get(workflow);
    if (steps === undefined) this.steps.set(workflow, [watermarkMs]);
    else if (watermarkMs > steps.at(-1)!) {
      if (steps.length > 1 && watermarkMs - steps.at(-2)! <= NEAR_MS) steps.pop();
      steps.push(watermarkMs);
    }
  }

  /** Those of a workflow, ascending. */
  of(workflow: string): readonly number[] {
    return this.steps.get(workflow) ?? [];
  }

  clear(): void {
    this.steps.clear();
  }
}

/**
 * Where windows of a KPI that moves with time get a row: at each of these watermarks the last `endsMax` of them have one.
 * Ascending, and apart from one another: what a watermark jumped over is left out.
 */
export function stretchesOf(window: WindowSpec, watermarks: readonly number[], endsMax: number): readonly Stretch[] {
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const toMs of watermarks) {
    const startMs = sliceStart(window, toMs);
    const fromMs = startMs - endsMax * (sliceEnd(window, startMs) - startMs);
    const last = stretches.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = toMs;
    else stretches.push({ fromMs, toMs });
  }
  return stretches;
}

/** The ends of windows in stretches of time, but for those up to `afterMs`; ascending. */
export function* endsIn(window: WindowSpec, stretches: readonly Stretch[], afterMs: number): Generator<number> {
  for (const { fromMs, toMs } of stretches) {
    if (toMs <= afterMs) continue;
    let endMs = sliceEnd(window, sliceStart(window, Math.max(fromMs, afterMs)));
    for (; endMs <= toMs; endMs = sliceEnd(window, endMs)) yield endMs;
  }
}
