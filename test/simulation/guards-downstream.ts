import { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import { HeldSnapshots } from '../../services/processor/roll/held-snapshots.ts';
import { SliceMarks } from '../../services/processor/aggregate/slice-marks.ts';
import { SliceTable } from '../../services/processor/aggregate/slice-table.ts';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { SeriesSlices } from '../../services/processor/roll/series-slices.ts';
import { SeriesTable } from '../../services/processor/roll/series-table.ts';
import { SourceProgress } from '../../services/processor/roll/source-progress.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards between the stages: DESIGN.md section 4, points 5 to 7. */
export const downstreamGuards: readonly Guard[] = [
  guard('4.5', 'downstream takes the highest version', Series, 'merge', (merge) => {
    return function (part) {
      const known = this.slices.part(part.sliceStartMs, part.source);
      if (known !== null) known.version = -1n;
      return merge.call(this, part);
    };
  }),
  guard('4.5', 'a mark follows each store to the partitions that wait for it', SliceMarks, 'untold', () => () => []),
  guard('4.5', 'a watermark that crosses a slice boundary is told to all', SliceMarks, 'crossed', () => () => false),
  guard(
    '4.5',
    'the position stays below snapshots that their source has not stored',
    HeldSnapshots,
    'safeOffset',
    (safe) => {
      return function (readOffset) {
        return safe.call(Object.assign(Object.create(this), { unstored: [] }), readOffset);
      };
    },
  ),
  guard('4.5', 'the position stays below snapshots that no mark has ended', HeldSnapshots, 'safeOffset', (safe) => {
    return function (readOffset) {
      return safe.call(Object.assign(Object.create(this), { staged: new Map() }), readOffset);
    };
  }),
  guard(
    '4.5',
    'series are read again only below what their source has stored',
    Series,
    'storedBelow',
    () => () => true,
  ),
  guard('4.8', 'a slice is summed up only when the store has all of it', SeriesSlices, 'close', (close) => {
    return function (openMax, known, stays) {
      const all = { storedOf: () => 2n ** 62n, isOpen: known.isOpen.bind(known) };
      return close.call(this, openMax, all, stays);
    };
  }),
  guard('4.8', 'a slice that was summed up gets its parts back before a snapshot', Series, 'reopen', (reopen) => {
    return function (startMs) {
      return reopen.call(this, startMs, []);
    };
  }),
  guard('4.8', 'what is before a series in memory is read before a snapshot of it', Series, 'deepen', () => {
    return function (floorMs) {
      this.floorMs = floorMs;
    };
  }),
  guard('4.5', 'a mark of an older position takes nothing back', SourceProgress, 'step', (step) => {
    return function (offset, mark) {
      this.now.delete(mark.source);
      return step.call(this, offset, mark);
    };
  }),
  guard('4.3', 'a position holds the watermarks of that position', SourceProgress, 'at', (at) => {
    return function (offset) {
      const states = Object.entries(at.call(this, offset) as Record<string, object>);
      return Object.fromEntries(states.map(([source, state]) => [source, { ...state, watermarkMs: null }]));
    };
  }),
  guard(
    '4.6',
    'nothing is published before the end of [slices] noted after reading',
    RollTask,
    'restore',
    (restore) => {
      return async function () {
        await restore.call(this);
        this.catchUpOffset = 0;
      };
    },
  ),
  guard('4.6', 'replayed snapshots write their values again', Series, 'mergeSnapshot', () => {
    return function (part) {
      this.merge(part);
    };
  }),
  guard(
    '4.7',
    'a definition starts from the archive below its control record',
    AggregateTask,
    'archiveBelow',
    (below) => {
      return function () {
        return below.call(this, Infinity);
      };
    },
  ),
  guard('4.7', 'events not yet stored take part in what the archive gives', AggregateTask, 'archiveBelow', (below) => {
    return function (offset) {
      return { ...below.call(this, offset), events: [] };
    };
  }),
  guard('4.6', 'a value that is ahead of the record in hand is left alone', Series, 'settle', (settle) => {
    return function () {
      for (const row of this.values.values()) this.keep({ ...row, version: -1n });
      settle.call(this);
    };
  }),
  guard('4.8', 'the filter of stored series is built from the store', SeriesTable, 'readStored', (read) => {
    return function (definition) {
      const store = { ...this.store, async *labelSets() {} };
      return read.call(Object.assign(Object.create(this), { store }), definition);
    };
  }),
  guard('4.8', 'a new series joins the filter of stored ones', SeriesTable, 'start', (start) => {
    return function (definition, labels) {
      start.call(this, definition, labels, { add: () => {} });
    };
  }),
  guard('4.6', 'a value that another owner may have changed goes out again', Series, 'isUncertain', () => () => false),
  guard(
    '4.7',
    'rows of an earlier time in force that the archive no longer gives are emptied',
    SliceTable,
    'start',
    () => {
      return async function (_definitions, computed, offset) {
        for (const { key, state } of computed) this.replace(key, state, offset);
      };
    },
  ),
  guard('4.8', 'a series forgets only slices that the store has', SeriesSlices, 'mayForgetBefore', () => () => true),
  guard('4.8', 'a series forgets no window that still waits', Series, 'mayTrim', () => {
    return function (floorMs, known) {
      if (floorMs < this.floorMs || this.dirty.size > 0) return false;
      return this.slices.mayForgetBefore(floorMs - this.reachMs, known);
    };
  }),
  guard(
    '4.8',
    'what lies before all slices of a level changes what is computed from it',
    Series,
    'startLevel',
    (start) => {
      return function (before) {
        const { watchers } = this;
        this.watchers = [];
        start.call(this, before);
        this.watchers = watchers;
      };
    },
  ),
  guard('4.8', 'a level that is ahead of its log keeps its slices', SeriesSlices, 'isAhead', () => () => false),
];
