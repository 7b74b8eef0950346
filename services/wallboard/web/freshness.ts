import type { PipelineState, ScreenFrame, ShownValue, TileFrame } from '../../shared/core/screen/wall-message.ts';

/** How old a value is: `late` beyond what its workflow's waits explain, `stale` beyond twice that. */
export interface Age {
  /** Null: nothing is known of it yet. */
  readonly ms: number | null;
  readonly level: 'fresh' | 'late' | 'stale';
}

/**
 * The age of a workflow's values: since when they are not known to be complete. While that is as expected, a value that
 * just changed counts as new; where the work is behind, it does not: it tells of then.
 */
export function ageOf(
  times: { readonly completeMs: number | null; readonly changedMs: number | null; readonly expectedAgeMs: number },
  nowMs: number,
): Age {
  const { completeMs, changedMs, expectedAgeMs } = times;
  if (completeMs === null) return { ms: null, level: 'stale' };
  const ms = Math.max(0, nowMs - completeMs);
  if (ms > 2 * expectedAgeMs) return { ms, level: 'stale' };
  if (ms > expectedAgeMs) return { ms, level: 'late' };
  return { ms: Math.min(ms, Math.max(0, nowMs - (changedMs ?? completeMs))), level: 'fresh' };
}

/**
 * What a tile says of its value, the gravest first.
 * stale: too old to be taken for now. none: no event ever made a value. filling: history is being loaded. ended: its
 * calendar window is over and the next has no event yet. quiet: no event in its window. late, provisional, final.
 */
export type Mood = 'stale' | 'none' | 'filling' | 'ended' | 'quiet' | 'late' | 'provisional' | 'final';

/** A tile's age and mood now. `reachable`: the stream is open. */
export function moodOf(
  frame: TileFrame,
  shown: ShownValue | null,
  screen: ScreenFrame,
  pipeline: PipelineState,
  nowMs: number,
): { readonly age: Age; readonly mood: Mood } {
  const workflow = frame.face === null ? undefined : screen.workflows.find(({ name }) => name === frame.face!.workflow);
  const completeMs = workflow === undefined ? null : (pipeline.workflows[workflow.name]?.completeMs ?? null);
  const expectedAgeMs = workflow === undefined ? 0 : workflow.expectedAgeMs;
  const age = ageOf({ completeMs, changedMs: shown === null ? null : shown.changedMs, expectedAgeMs }, nowMs);
  return { age, mood: moodBy(frame, shown, age, completeMs) };
}

/** Windows whose value is over when they are. */
const CALENDAR: readonly string[] = ['tumbling', 'shift'];

function moodBy(frame: TileFrame, shown: ShownValue | null, age: Age, completeMs: number | null): Mood {
  if (age.level === 'stale') return 'stale';
  if (shown === null) return 'none';
  if (shown.state === 'backfilling') return 'filling';
  const calendar = frame.face !== null && CALENDAR.includes(frame.face.window.kind);
  if (calendar && completeMs !== null && shown.windowEndMs <= completeMs) return 'ended';
  if (shown.samples === 0 || shown.value === null) return 'quiet';
  if (age.level === 'late') return 'late';
  return shown.state;
}
