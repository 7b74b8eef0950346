import type { AggregateState } from './aggregate-state.ts';
import { agePercentileMs, oldestAgeMs } from './ages-state.ts';
import { addAmounts, multiplyAmounts, negateAmount } from './amount.ts';
import type { Definition } from '../definition.ts';
import { areasUpTo } from './integral-state.ts';
import { clockOf } from '../measure/clock.ts';
import { rational, type Result, unitMs } from './result.ts';

/**
 * Whether a KPI's values move with time although no event arrives. They are of the time up to a window's end, so there is
 * none before that time has passed: never a forecast.
 */
export function isMoving({ aggregate }: Definition): boolean {
  return aggregate.kind === 'age' || aggregate.kind === 'integral';
}

/** Whether values of windows show only once their time has passed. */
export function waitsForTime(definition: Definition): boolean {
  // Limits that are not past are counted as missed already.
  return definition.measure.kind === 'within' || isMoving(definition);
}

/** Whether time alone moves what comes after a moment, by the state of everything before it. */
export function goesOn(state: AggregateState): boolean {
  if (state.kind === 'integral') return state.weight !== 0;
  return (state.kind === 'ages' || state.kind === 'valued-level') && state.delta !== 0;
}

/** All that happened before the start and before the end of a window. */
export interface MovingWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly before: AggregateState;
  readonly upTo: AggregateState;
}

/** What a KPI that moves with time comes to in a window. */
export function movingResult(definition: Definition, window: MovingWindow): Result {
  const { aggregate } = definition;
  if (aggregate.kind === 'age') return ageResult(definition, window);
  const { before, upTo, startMs, endMs } = window;
  if (aggregate.kind !== 'integral' || before.kind !== 'integral' || upTo.kind !== 'integral')
    throw new Error('not a KPI that moves with time');
  // Those that are observed when it begins, and every change in it.
  const samples = before.weight + upTo.n - before.n;
  const clock = clockOf(definition);
  const [from, to] = [areasUpTo(before, clock(startMs)), areasUpTo(upTo, clock(endMs))];
  const level = addAmounts(to.level, negateAmount(from.level));
  const weight = addAmounts(to.weight, negateAmount(from.weight));
  if (samples === 0) return { value: null, exact: null, samples };
  if (aggregate.of === 'time') return rational(level, 1, unitMs(definition.unit), samples);
  return rational(level, weight, aggregate.of === 'mean' ? 10n ** BigInt(definition.scale) : 1n, samples);
}

/** Where nothing is open nothing waits: the age is zero, of no samples. */
function ageResult(definition: Definition, { upTo, endMs }: MovingWindow): Result {
  const { aggregate, unit } = definition;
  if (aggregate.kind !== 'age' || (upTo.kind !== 'ages' && upTo.kind !== 'valued-level'))
    throw new Error('not an age of what is open');
  const samples = upTo.delta;
  if (samples === 0) return { value: 0, exact: aggregate.of === 'percentile' ? null : '0', samples };
  const nowMs = clockOf(definition)(endMs);
  if (upTo.kind === 'valued-level') {
    const sum = addAmounts(multiplyAmounts(samples, nowMs), negateAmount(upTo.sum));
    return rational(sum, aggregate.of === 'mean' ? samples : 1, unitMs(unit), samples);
  }
  if (aggregate.of !== 'percentile') return rational(oldestAgeMs(upTo, nowMs) ?? 0, 1, unitMs(unit), samples);
  const ageMs = agePercentileMs(upTo, nowMs, aggregate.q) ?? 0;
  return { value: ageMs / Number(unitMs(unit)), exact: null, samples };
}
