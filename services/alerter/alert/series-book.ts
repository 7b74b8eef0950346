import type { Definition } from '../../shared/core/definition.ts';
import type { Rule } from '../../shared/core/alert/rule.ts';
import type { InstanceRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { NEVER_MS } from './horizon.ts';
import { type InstanceContent, RuleInstance } from './rule-instance.ts';
import { WatchedSeries } from './watched-series.ts';

/** The series of one definition. */
export interface SeriesGroup {
  readonly definition: Definition;
  /** By labels. */
  readonly series: Map<string, WatchedSeries>;
  /** No mark below it changes anything in the group. */
  dueMs: number;
  /** Whether an import was open at the last mark. */
  importsOpen: boolean;
}

/** The series of one [values] partition with their instances. All of them stay in memory. */
export class SeriesBook {
  private readonly groups = new Map<string, SeriesGroup>();

  clear(): void {
    this.groups.clear();
  }

  all(): IterableIterator<SeriesGroup> {
    return this.groups.values();
  }

  get(definition: Definition): SeriesGroup {
    let group = this.groups.get(definition.hash);
    if (group === undefined) {
      group = { definition, series: new Map(), dueMs: NEVER_MS, importsOpen: false };
      this.groups.set(definition.hash, group);
    }
    return group;
  }

  /** Puts stored rows back; of rules that are gone only what `gone` says. */
  load(
    rows: readonly InstanceRow[],
    definitionOf: (hash: string) => Definition | undefined,
    ruleOf: (hash: string) => Rule | undefined,
    isAwake: (row: InstanceRow) => boolean,
  ): void {
    for (const row of rows) {
      const definition = row.state === 'watching' ? definitionOf(row.ruleHash) : undefined;
      if (definition !== undefined)
        this.get(definition).series.set(row.labels, new WatchedSeries(definition, row.labels, row));
    }
    for (const row of rows) {
      if (row.state === 'watching' || !isAwake(row)) continue;
      const content = JSON.parse(row.content) as InstanceContent;
      const definition = definitionOf(content.rule.definition);
      if (definition === undefined) continue;
      const { series } = this.get(definition);
      let watched = series.get(row.labels);
      if (watched === undefined) series.set(row.labels, (watched = new WatchedSeries(definition, row.labels)));
      const rule = ruleOf(row.ruleHash) ?? content.rule;
      watched.instances.set(row.ruleHash, new RuleInstance(definition, rule, row.labels, content, row.version));
    }
  }

  /**
   * Reads the values that waited for a mark when the rows were stored: they are in `firsts`, and in no other row. Of a
   * series whose row is ahead of the position, all values above the position: the row passes over their records when
   * they come again, and instances that are still to come up may have to see them.
   */
  async loadPending(
    store: KpiStore,
    labelPartition: number,
    position: bigint,
    passedOf: (definition: Definition) => number,
  ): Promise<void> {
    for (const { definition, series } of this.groups.values()) {
      const passedMs = passedOf(definition);
      let fromMs = Infinity;
      for (const each of series.values()) fromMs = Math.min(fromMs, evaluatedBy(each, passedMs) + 1);
      if (fromMs === Infinity) continue;
      const query = { definition: definition.hash, labelPartition };
      const rows = await store.firsts(fromMs <= NEVER_MS + 1 ? query : { ...query, fromMs });
      const labels = [...series.values()].filter(({ version }) => version > position).map((each) => each.labels);
      if (labels.length > 0) rows.push(...(await store.firsts({ ...query, labels, aboveVersion: position })));
      for (const row of rows) {
        const watched = series.get(row.labels);
        if (watched === undefined || row.kind !== 'first' || row.version > containedBy(watched, position)) continue;
        if (row.version <= position && row.windowEndMs <= evaluatedBy(watched, passedMs)) continue;
        const { windowEndMs: endMs, value, samples, imported, version } = row;
        watched.pending.set(endMs, { endMs, value, samples, imported, version });
      }
    }
  }

  get size(): number {
    let size = 0;
    for (const { series } of this.groups.values())
      for (const { instances } of series.values()) size += 1 + instances.size;
    return size;
  }
}

/** Up to where all rows of a series are evaluated. */
function evaluatedBy({ horizon, instances }: WatchedSeries, passedMs: number): number {
  let evaluatedMs = horizon.at(passedMs);
  for (const instance of instances.values()) evaluatedMs = Math.min(evaluatedMs, instance.horizon.at(passedMs));
  return evaluatedMs;
}

/** The last record that any row of a series contains. */
function containedBy({ version, instances }: WatchedSeries, position: bigint): bigint {
  let highest = version > position ? version : position;
  for (const instance of instances.values()) if (instance.version > highest) highest = instance.version;
  return highest;
}
