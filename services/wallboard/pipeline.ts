import { firstProblem } from '../shared/core/screen/first-problem.ts';
import type { PipelineState, WorkflowState } from '../shared/core/screen/wall-message.ts';

/** One partition of one stage, as the processor tells. */
interface TaskReport {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly watermarkMs: number | null;
}

/** How the work behind the numbers goes. */
export interface PipelineReport {
  readonly ready: boolean;
  /** Why the folds have ended; null while they run. */
  readonly halted: string | null;
  readonly failing: readonly { readonly stage: string; readonly step: string; readonly code: string }[];
  readonly tasks: readonly TaskReport[];
  /** KPIs whose new definition is being computed, and how far; absent: none. */
  readonly recomputing?: readonly { readonly kpi: string; readonly share: number }[];
  /** What is wrong with the catalogue's files, and when the one in force was read; absent: nobody knows. */
  readonly catalogue?: { readonly problem: string | null; readonly loadedMs: number };
}

const EVENTS_TOPIC = 'events.';
/** Looks that wait for roll to catch up; beyond, the newest of them is given up. */
const LOOKS_MAX = 100;

interface Look {
  readonly watermarks: ReadonlyMap<string, number | null>;
  /** Null until the look after it: by then what aggregate knew was published. */
  rollEnds: ReadonlyMap<number, number> | null;
}

/**
 * Tells how far the values are. A workflow's values are complete up to the watermark that aggregate had at a look, once
 * roll has read [slices] up to where it ended at the look after: then everything of it is published.
 */
export class Pipeline {
  private readonly looks: Look[] = [];
  private readonly complete = new Map<string, number>();

  /** Takes a look; to be called every second or two while anybody watches. */
  look(report: PipelineReport): PipelineState {
    const rolls = report.tasks.filter(({ stage }) => stage === 'roll');
    const ends = new Map(rolls.map(({ partition, endOffset }) => [partition, endOffset]));
    for (const look of this.looks) look.rollEnds ??= ends;
    const watermarks = lowestByWorkflow(report.tasks);
    while (this.looks.length > 0 && isPassed(this.looks[0]!, rolls)) this.settle(this.looks.shift()!.watermarks);
    if (this.looks.length < LOOKS_MAX) this.looks.push({ watermarks, rollEnds: null });
    // Before the first look has settled: what roll has heard of is a lower bound.
    const heardMs = lowest(rolls);
    for (const workflow of watermarks.keys())
      if (heardMs !== null && !this.complete.has(workflow)) this.complete.set(workflow, heardMs);
    const workflows = this.workflows(report.tasks, [...watermarks.keys()]);
    const { recomputing = [] } = report;
    const state = { ...stateOf(report), workflows, ...noticeOf(report) };
    if (recomputing.length === 0) return state;
    return { ...state, recomputing: Object.fromEntries(recomputing.map(({ kpi, share }) => [kpi, share])) };
  }

  private settle(watermarks: ReadonlyMap<string, number | null>): void {
    for (const [workflow, ms] of watermarks)
      if (ms !== null) this.complete.set(workflow, Math.max(ms, this.complete.get(workflow) ?? ms));
  }

  private workflows(tasks: readonly TaskReport[], names: readonly string[]): Record<string, WorkflowState> {
    const lagOf = (part: readonly TaskReport[]): number =>
      part.reduce((sum, { nextOffset, endOffset }) => sum + endOffset - nextOffset, 0);
    const states: [string, WorkflowState][] = names.map((name) => [
      name,
      {
        completeMs: this.complete.get(name) ?? null,
        lagRecords: lagOf(tasks.filter(({ topic }) => topic === `${EVENTS_TOPIC}${name}`)),
      },
    ]);
    return Object.fromEntries(states);
  }
}

function isPassed({ rollEnds }: Look, rolls: readonly TaskReport[]): boolean {
  return rollEnds !== null && rolls.every(({ partition, nextOffset }) => nextOffset >= (rollEnds.get(partition) ?? 0));
}

/** By workflow the lowest watermark of its partitions; null while one of them has none. */
function lowestByWorkflow(tasks: readonly TaskReport[]): Map<string, number | null> {
  const byWorkflow = new Map<string, TaskReport[]>();
  for (const task of tasks) {
    if (!task.topic.startsWith(EVENTS_TOPIC)) continue;
    const workflow = task.topic.slice(EVENTS_TOPIC.length);
    byWorkflow.set(workflow, [...(byWorkflow.get(workflow) ?? []), task]);
  }
  return new Map([...byWorkflow].map(([workflow, all]) => [workflow, lowest(all)]));
}

function lowest(tasks: readonly TaskReport[]): number | null {
  let least: number | null = null;
  for (const { watermarkMs } of tasks) {
    if (watermarkMs === null) return null;
    least = Math.min(least ?? watermarkMs, watermarkMs);
  }
  return least;
}

function noticeOf({ catalogue }: PipelineReport): Pick<PipelineState, 'catalogue'> {
  if (catalogue === undefined || catalogue.problem === null) return {};
  return { catalogue: { problem: firstProblem(catalogue.problem), loadedMs: catalogue.loadedMs } };
}

function stateOf({ ready, halted, failing }: PipelineReport): Pick<PipelineState, 'state' | 'reasons'> {
  if (halted !== null) return { state: 'halted', reasons: [halted] };
  if (failing.length > 0)
    return { state: 'failing', reasons: failing.map(({ stage, step, code }) => `${stage}: ${step} (${code})`) };
  return { state: ready ? 'running' : 'starting', reasons: [] };
}
