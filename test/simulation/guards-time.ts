import { SliceMarks } from '../../services/processor/aggregate/slice-marks.ts';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { SourceProgress } from '../../services/processor/roll/source-progress.ts';
import { type Guard, guard, guardOf } from './take-away.ts';

/** Guards of time and of what can be taken back: DESIGN.md sections 5 and 6. */
export const timeGuards: readonly Guard[] = [
  guardOf('5', 'an event never moves the watermark past its append time', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) =>
      step(before, input, input.type === 'event' ? Math.max(appendMs, input.timeMs) : appendMs, workflow);
  }),
  guardOf('5', 'a watermark never goes back', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) => {
      const after = step({ ...before, watermarkMs: null }, input, appendMs, workflow);
      return after.watermarkMs === null ? { ...after, watermarkMs: before.watermarkMs } : after;
    };
  }),
  guardOf('5', 'a tick counts only after real silence', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) =>
      step(input.type === 'tick' ? { ...before, lastEventMs: null } : before, input, appendMs, workflow);
  }),
  guardOf('5', 'imported records never move the watermark', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) =>
      step(before, input.type === 'event' ? { ...input, importId: null } : input, appendMs, workflow);
  }),
  guardOf('5', 'an import’s end moves a watermark that is behind it', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) =>
      step(before, input.type === 'import' ? { ...input, maxEventMs: null } : input, appendMs, workflow);
  }),
  guardOf('5', 'an import without records for a minute is over', 'stepTime', (step) => {
    return (before, input, appendMs, workflow) => {
      const openImports = Object.fromEntries(Object.keys(before.openImports).map((id) => [id, appendMs]));
      return step({ ...before, openImports }, input, appendMs, workflow);
    };
  }),
  guard('5', 'an import’s end computes what it touched', Series, 'markImports', () => () => {}),
  guard('5', 'an import that begins or ends is told to all', SliceMarks, 'importsChanged', () => () => false),
  guard('5', 'windows that an open import touches are backfilling', Series, 'inImport', () => () => false),
  guard('5', 'final is what the lowest watermark has passed', SourceProgress, 'watermark', () => {
    return function (workflow: string, partitions: number) {
      const times = Array.from({ length: partitions }, (_, p) => this.now.get(`${workflow}/${p}`)?.watermarkMs ?? null);
      const known = times.filter((timeMs) => timeMs !== null);
      return known.length === 0 ? null : Math.max(...known);
    };
  }),
  guard('5', 'final waits for the settling time', RollTask, 'watermarkOf', (watermarkOf) => {
    return function (definition) {
      const watermarkMs: number | null = watermarkOf.call(this, definition);
      return watermarkMs === null ? null : watermarkMs + definition.settleMs;
    };
  }),
  guardOf('6', 'an extreme keeps a boundary of what it dropped', 'addToExtreme', (add) => {
    return (state, amount, sign) => {
      state.boundary = null;
      return add(state, amount, sign);
    };
  }),
  guardOf('6', 'an extreme with nothing kept is rebuilt from the archive', 'addToExtreme', (add) => {
    return (state, amount, sign) => {
      add(state, amount, sign);
      return true;
    };
  }),
  guardOf('6', 'a last keeps a boundary of what it dropped', 'addToLast', (add) => {
    return (state, reading, sign) => {
      state.boundary = null;
      return add(state, reading, sign);
    };
  }),
  guardOf('6', 'a last with nothing kept is rebuilt from the archive', 'addToLast', (add) => {
    return (state, reading, sign) => {
      add(state, reading, sign);
      return true;
    };
  }),
];
