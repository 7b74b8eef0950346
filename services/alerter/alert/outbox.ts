import { type AlertEffect, episodeOf } from '../../shared/core/alert/alert-instance.ts';
import type { Codec } from '../../shared/core/codec.ts';
import type { AppendRecord } from '../../shared/ports/event-log.ts';
import type { InstanceRow, TransitionRow } from '../../shared/ports/kpi-rows.ts';
import { TRANSITIONS_TOPIC } from '../../shared/runtime/topics.ts';
import { RuleInstance } from './rule-instance.ts';
import type { Row } from './row.ts';
import type { WatchedSeries } from './watched-series.ts';

/** What of an alert fold waits to be published and stored: changed rows, and the transitions that they brought about. */
export class Outbox {
  private readonly partition: number;
  private readonly codec: Codec;
  private readonly dirty = new Map<string, Row>();
  private readonly transitions = new Map<string, TransitionRow>();
  private toPublish: AppendRecord[] = [];
  private inFlight = 0;

  constructor(partition: number, codec: Codec) {
    this.partition = partition;
    this.codec = codec;
  }

  /** Starts anew, with transitions that go out again. */
  restore(again: readonly TransitionRow[]): void {
    this.dirty.clear();
    this.transitions.clear();
    this.inFlight = 0;
    this.toPublish = again.toSorted(byTime).map((transition) => this.recordOf(transition));
  }

  /** A row changed. */
  put(row: RuleInstance | WatchedSeries, effects: readonly AlertEffect[]): void {
    this.dirty.set(`${row instanceof RuleInstance ? row.rule.hash : row.definition.hash} ${row.labels}`, row);
    if (!(row instanceof RuleInstance)) return;
    for (const effect of effects) {
      const transition = transitionOf(row, effect, this.partition);
      this.transitions.set(keyOf(transition), transition);
      this.toPublish.push(this.recordOf(transition));
    }
  }

  private recordOf(transition: TransitionRow): AppendRecord {
    const value = this.codec.encode({ type: 'transition', ...transition });
    const key = Buffer.from(JSON.stringify([transition.ruleHash, transition.labels]));
    return { topic: TRANSITIONS_TOPIC, partition: 0, key, value };
  }

  get publishDue(): boolean {
    return this.toPublish.length > 0;
  }

  takeRecords(): readonly AppendRecord[] {
    const records = this.toPublish;
    this.toPublish = [];
    return records;
  }

  /** They go out again, before everything that came after them. */
  putBack(records: readonly AppendRecord[]): void {
    this.toPublish = [...records, ...this.toPublish];
  }

  get storeDue(): boolean {
    return this.dirty.size > 0 || this.transitions.size > 0;
  }

  takeRows(): { readonly instances: readonly InstanceRow[]; readonly transitions: readonly TransitionRow[] } {
    const instances = [...this.dirty.values()].map((row) => row.row(this.partition));
    const transitions = [...this.transitions.values()];
    this.dirty.clear();
    this.transitions.clear();
    this.inFlight = instances.length + transitions.length;
    return { instances, transitions };
  }

  stored(): void {
    this.inFlight = 0;
  }

  unstore(instances: readonly InstanceRow[], transitions: readonly TransitionRow[]): void {
    this.inFlight = 0;
    for (const row of instances) {
      const key = `${row.ruleHash} ${row.labels}`;
      if (!this.dirty.has(key)) this.dirty.set(key, { version: row.version, row: () => row });
    }
    for (const row of transitions) this.transitions.set(keyOf(row), row);
  }

  get waiting(): number {
    return this.dirty.size + this.transitions.size + this.inFlight;
  }
}

function transitionOf(instance: RuleInstance, effect: AlertEffect, partition: number): TransitionRow {
  const { rule, labels, version, born } = instance;
  const { name, hash, kpi, severity, notify } = rule;
  const { from, to, look, sinceMs, suppressed, reason } = effect;
  const { endMs: timeMs, value, samples, provisional } = look;
  const target = instance.targetAt(timeMs);
  const episode = episodeOf(hash, labels, born, sinceMs);
  const seen = { timeMs, episode, provisional, value, target, samples };
  const told = { severity, notify, suppressed, reason };
  return { rule: name, ruleHash: hash, kpi, labels, from, to, ...seen, ...told, version, partition };
}

function keyOf({ rule, labels, episode, timeMs, to }: TransitionRow): string {
  return JSON.stringify([rule, labels, episode, timeMs, to]);
}

/** The order in which they came about. */
function byTime(a: TransitionRow, b: TransitionRow): number {
  return a.version < b.version ? -1 : a.version > b.version ? 1 : a.timeMs - b.timeMs;
}
