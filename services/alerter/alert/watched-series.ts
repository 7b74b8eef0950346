import type { Definition } from '../../shared/core/definition.ts';
import type { InstanceRow } from '../../shared/ports/kpi-rows.ts';
import { Horizon, type HorizonContent, NEVER_MS } from './horizon.ts';
import type { Pending, Row } from './row.ts';
import type { RuleInstance } from './rule-instance.ts';

interface SeriesContent extends HorizonContent {
  /** The record that it came up in, as text: it does not fit a number. */
  readonly born: string;
}

const NONE: readonly Pending[] = [];

/**
 * A series of values, with the instances of the rules that read it. Its own row says only up to where it is evaluated,
 * which is what tells a first value from a late one. The values that wait are those of `firsts`: no row has them.
 */
export class WatchedSeries implements Row {
  readonly definition: Definition;
  readonly labels: string;
  readonly horizon: Horizon;
  version: bigint;
  /** By window end. */
  readonly pending = new Map<number, Pending>();
  /** By hash of the rule. */
  readonly instances = new Map<string, RuleInstance>();
  /** Version of the record that it came up in. */
  private born: bigint;
  /** What was evaluated when its row changed last. */
  private written: HorizonContent;

  constructor(definition: Definition, labels: string, stored?: InstanceRow) {
    this.definition = definition;
    this.labels = labels;
    this.version = stored?.version ?? -1n;
    const content = stored === undefined ? null : (JSON.parse(stored.content) as SeriesContent);
    this.born = BigInt(content?.born ?? -1);
    this.horizon = content === null ? new Horizon() : new Horizon(content);
    this.written = this.horizon.content(NEVER_MS);
  }

  /** Whether it is only there for instances that are ahead of its own row. */
  get isUnborn(): boolean {
    return this.born < 0n;
  }

  /** Whether it had come up before this record. */
  isOlderThan(version: bigint): boolean {
    return !this.isUnborn && this.born < version;
  }

  /** Its row changed at `version`. */
  touch(version: bigint, passedMs: number): void {
    this.version = version;
    if (this.born < 0n) this.born = version;
    this.written = this.horizon.content(passedMs);
  }

  row(labelPartition: number): InstanceRow {
    const { definition, labels, version, written, born } = this;
    const content = JSON.stringify({ ...written, born: String(born) } satisfies SeriesContent);
    return { ruleHash: definition.hash, labels, labelPartition, state: 'watching', content, version };
  }

  /** The values that wait, oldest window first. */
  waiting(): readonly Pending[] {
    if (this.pending.size === 0) return NONE;
    return [...this.pending.values()].sort((a, b) => a.endMs - b.endMs);
  }

  /** Drops the values that everybody has evaluated, but for those of records that are still to come again. */
  prune(passedMs: number, atVersion: bigint): void {
    if (this.pending.size === 0) return;
    let evaluatedMs = this.horizon.at(passedMs);
    for (const { horizon } of this.instances.values()) evaluatedMs = Math.min(evaluatedMs, horizon.at(passedMs));
    for (const { endMs, version } of this.pending.values())
      if (endMs <= evaluatedMs && version <= atVersion) this.pending.delete(endMs);
  }
}
