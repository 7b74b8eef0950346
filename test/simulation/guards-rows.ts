import { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import { sliceStartsOf } from '../../services/processor/aggregate/slice-entry.ts';
import { StoredCaseFilter } from '../../services/processor/aggregate/stored-case-filter.ts';
import { SliceTable } from '../../services/processor/aggregate/slice-table.ts';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { CaseState } from '../../services/shared/core/measure/case-state.ts';
import { type Guard, guard, guardOf } from './take-away.ts';

/** Guards of rows, order and memory: DESIGN.md section 4, points 1 to 4 and 8. */
export const rowGuards: readonly Guard[] = [
  guard('4.1', 'the highest version of a row wins', MemoryStore, 'insert', (insert) => {
    return async function (table, rows) {
      for (const row of rows) {
        const alone = new MemoryStore() as unknown as { tables: Map<string, Map<string, unknown>> };
        await insert.call(alone, table, [row]);
        const [key] = alone.tables.get(table)!.keys();
        if (table !== 'events') this.tables.get(table).delete(key);
      }
      return insert.call(this, table, rows);
    };
  }),
  guard('4.1', 'the key of a row holds its source partition', SliceTable, 'row', (row) => {
    return function (entry, member) {
      return { ...row.call(this, entry, member), source: 'sim/0' };
    };
  }),
  guard('4.2', 'a loaded case is its events below the record in hand', MemoryStore, 'caseEvents', (read) => {
    return function (workflow, partition, ids) {
      return read.call(this, workflow, partition, ids, Infinity);
    };
  }),
  guard('4.2', 'a record is applied only to rows whose version is below it', SliceTable, 'contains', () => {
    return () => false;
  }),
  guard('4.2', 'an event of a known id is a duplicate', CaseState, 'add', (add) => {
    return function (event, plan) {
      return add.call(this, this.has(event.id) ? { ...event, id: `${event.id} at ${event.offset}` } : event, plan);
    };
  }),
  guardOf('4.2', 'contributions follow from the set of a case’s events, not their arrival', 'eventOrder', () => {
    return () => (a: { offset: number }, b: { offset: number }) => a.offset - b.offset;
  }),
  guard('4.2', 'what changes after it was counted is taken back', CaseState, 'add', (add) => {
    return function (event, plan) {
      return add.call(this, event, plan)?.filter(({ sign }: { sign: number }) => sign === 1) ?? null;
    };
  }),
  guard('4.3', 'the position holds the times of its source', AggregateTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      this.time = { clockMs: 0, watermarkMs: null, lastEventMs: null, openImports: {} };
    };
  }),
  guard('4.3', 'the position holds the definitions in force', AggregateTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      this.use([]);
    };
  }),
  guard('4.3', 'what failed to be stored is stored again', AggregateTask, 'unstore', () => () => {}),
  guard('4.3', 'what failed to be published is published again', AggregateTask, 'unpublish', () => {
    return function ({ entries }) {
      this.slices.changes.endPublish(entries, true);
    };
  }),
  guard('4.3', 'a value that failed to be stored is stored again', RollTask, 'unstore', () => () => {}),
  guard('4.3', 'a value that failed to be published is published again', RollTask, 'unpublish', () => () => {}),
  guard('4.4', 'a record that a row contains marks it for publishing again', SliceTable, 'apply', (apply) => {
    return function (delta, offset, importId) {
      const entry = this.entries.find(delta.group, delta.labels, sliceStartsOf(delta)[0]);
      const contained = entry !== undefined && entry.turn !== this.turn && this.contains(entry, 0, offset);
      return contained ? [] : apply.call(this, delta, offset, importId);
    };
  }),
  guard('4.8', 'a slice row leaves memory only when its version is acknowledged', SliceTable, 'evict', () => {
    return function () {
      for (const entry of this.entries.all().slice()) {
        if (this.entries.size <= this.rowsMax) break;
        if (entry.pin === this.entries.batch) continue;
        for (const waiting of ['toPublish', 'toStore']) this.changes[waiting] = without(this.changes[waiting], entry);
        this.entries.remove((each: unknown) => each === entry);
        this.leftUpToMs.set(entry.group.id, Infinity);
      }
    };
  }),
  guard('4.8', 'a case leaves memory only when its events are acknowledged', CaseCache, 'mayLeave', () => {
    return () => true;
  }),
  guard('4.8', 'the filter of stored cases is built from the store', StoredCaseFilter, 'restore', (restore) => {
    return function () {
      return restore.call(Object.assign(this, { store: { ...this.store, async *caseIds() {} } }));
    };
  }),
  guard('4.8', 'rows of the batch in hand stay in memory', SliceTable, 'load', (load) => {
    return async function (deltas) {
      const loaded = load.call(this, deltas) as Promise<void>;
      this.endBatch();
      await loaded;
      this.endBatch();
    };
  }),
  guard('4.8', 'a new case joins the filter of stored cases', StoredCaseFilter, 'add', () => () => {}),
];

function without<T>(list: readonly T[], item: T): T[] {
  return list.filter((each) => each !== item);
}
