import { AlertTask } from '../../../services/alerter/alert/alert-task.ts';
import { FirstsBook } from '../../../services/alerter/alert/firsts-book.ts';
import { Outbox } from '../../../services/alerter/alert/outbox.ts';
import { RuleInstance } from '../../../services/alerter/alert/rule-instance.ts';
import { RulesInForce } from '../../../services/alerter/alert/rules-in-force.ts';
import { SeriesBook } from '../../../services/alerter/alert/series-book.ts';
import { ValueSources } from '../../../services/alerter/alert/value-sources.ts';
import { WatchedSeries } from '../../../services/alerter/alert/watched-series.ts';
import { MemoryStore } from '../../../services/shared/adapters/store/memory/memory-store.ts';
import { FoldRunner } from '../../../services/shared/runtime/fold/fold-runner.ts';
import { type Guard, guard } from '../take-away.ts';

interface Versioned {
  version: bigint;
}

/** Guards of the alert fold's rows: DESIGN.md section 4, points 1 to 7. */
export const rowGuards: readonly Guard[] = [
  guard('4.2', 'an instance passes over records that its row contains', AlertTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      for (const { series } of this.book.all())
        for (const { instances } of series.values())
          for (const row of instances.values() as Iterable<Versioned>)
            if (row.version > this.storedVersion) row.version = this.storedVersion;
    };
  }),
  guard('4.2', 'a series passes over records that its row contains', AlertTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      for (const { series } of this.book.all())
        for (const row of series.values() as Iterable<Versioned>)
          if (row.version > this.storedVersion) row.version = this.storedVersion;
    };
  }),
  guard('4.2', 'values that wait for a mark are read again', SeriesBook, 'loadPending', () => async () => {}),
  guard('4.2', 'values above the position are read too', SeriesBook, 'loadPending', (load) => {
    return function (store, ...rest) {
      const firsts = async (query: { aboveVersion?: bigint }): Promise<unknown[]> =>
        query.aboveVersion === undefined ? store.firsts(query) : [];
      return load.call(this, { firsts }, ...rest);
    };
  }),
  guard('4.2', 'what waits stays for records that come again', WatchedSeries, 'prune', (prune) => {
    return function (passedMs) {
      return prune.call(this, passedMs, 1n << 62n);
    };
  }),
  guard('4.2', 'a series gets its row from its own first record', AlertTask, 'evaluate', (evaluate) => {
    return function (group, ...rest) {
      for (const series of group.series.values()) if (series.born < 0n) series.born = 0n;
      return evaluate.call(this, group, ...rest);
    };
  }),
  guard('4.2', 'a new rule starts only on series that were there before', WatchedSeries, 'isOlderThan', () => {
    return () => true;
  }),
  guard('4.3', 'instances are stored after what they passed over', FoldRunner, 'insertAll', (insertAll) => {
    return async function (checkpoints) {
      await this.insertTable('instances', checkpoints);
      return insertAll.call(this, checkpoints);
    };
  }),
  guard('4.3', 'the position holds what the marks have said', ValueSources, 'restore', (restore) => {
    return function () {
      return restore.call(this, {});
    };
  }),
  guard('4.3', 'the position holds the rules in force', AlertTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      (this.rules as RulesInForce).set([]);
    };
  }),
  guard('4.3', 'what failed to be published is published again', AlertTask, 'unpublish', () => () => {}),
  guard('4.3', 'what failed to be published goes before what came after it', Outbox, 'putBack', () => {
    return function (records) {
      this.toPublish.push(...records);
    };
  }),
  guard('4.3', 'rows that failed to be stored are stored again', Outbox, 'unstore', () => () => {}),
  guard('4.3', 'first values that failed to be stored are stored again', FirstsBook, 'unstore', (unstore) => {
    return function () {
      return unstore.call(this, []);
    };
  }),
  guard('4.6', 'a window has one first value: the store is asked', FirstsBook, 'lookUp', (lookUp) => {
    return function (values) {
      const store = { firsts: async () => [] };
      return lookUp.call(Object.assign(Object.create(this), { store }), values);
    };
  }),
  guard('4.6', 'first values on their way to the store count', FirstsBook, 'has', () => () => false),
  guard('4.6', 'first values that are evaluated while they come count', AlertTask, 'knownFirsts', (knownFirsts) => {
    return async function (values) {
      const known: Set<string> = await knownFirsts.call(this, values);
      for (const { definition, series } of this.book.all())
        for (const { labels, pending } of series.values())
          for (const endMs of pending.keys()) known.delete(`${definition.hash} ${endMs} ${labels}`);
      return known;
    };
  }),
  guard('4.6', 'a final value of an evaluated window is kept as late', FirstsBook, 'keep', (keep) => {
    return function (value, _kind, ...rest) {
      return keep.call(this, value, 'first', ...rest);
    };
  }),
  guard('4.7', 'an instance whose rule is gone ends', RuleInstance, 'abandon', () => () => []),
  guard('4.7', 'the row of a rule that is gone is history', SeriesBook, 'load', (load) => {
    return function (rows, definitionOf, ruleOf) {
      return load.call(this, rows, definitionOf, ruleOf, () => true);
    };
  }),
  guard('4.7', 'a new rule goes on from the last value', { prototype: RuleInstance }, 'startingAt', (startingAt) => {
    return function (definition, rule, labels, _last, evaluatedMs) {
      return startingAt.call(this, definition, rule, labels, null, evaluatedMs);
    };
  }),
  guard('4.7', 'the last value is one below the control record', MemoryStore, 'firsts', (firsts) => {
    return function (query) {
      return firsts.call(this, { ...query, belowVersion: undefined });
    };
  }),
  guard('4.7', 'the last value may be on its way to the store', FirstsBook, 'latestOnTheWay', () => () => new Map()),
];
