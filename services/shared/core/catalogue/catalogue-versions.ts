import { ruleOn } from './catalogue-rule.ts';
import { definitionHash } from './catalogue-hash.ts';
import type { Catalogue, Kpi, Workflow } from './catalogue.ts';
import type { Definition } from '../definition.ts';
import { leavesOf } from '../formula/derived-leaves.ts';
import { isDerived } from '../formula/derived.ts';
import { lastEndBefore } from '../window/effective.ts';

/** Earlier versions of a KPI that go on; those before them stop, and their values stay readable. */
export const EARLIER_VERSIONS_MAX = 4;

/** A definition that was in force when the catalogue was read. */
export interface KnownVersion {
  readonly definition: Definition;
  /** Grows with the time at which it came into force. */
  readonly version: bigint;
}

/** All versions of a KPI that have windows: the one in force, then those before it, the latest first. */
export function versionsOf({ definition, earlier = [] }: Pick<Kpi, 'definition' | 'earlier'>): readonly Definition[] {
  return [definition, ...earlier];
}

/**
 * A catalogue whose KPIs that are `effective` from a time on have the versions before them, of those that are `known`. Each is
 * as it would be if it stood in the catalogue now: with the order of its workflow's activities, and a hash by the rules of
 * this takt. `calendarVersion`: of the time-zone data.
 */
export function withEarlier(catalogue: Catalogue, known: readonly KnownVersion[], calendarVersion: string): Catalogue {
  const latestFirst = known
    .flatMap(({ definition: { hash: _hash, ...stored }, version }) => {
      const fields = restated(stored, catalogue.workflows, calendarVersion);
      return fields === null ? [] : [{ definition: withHash(fields, calendarVersion), version }];
    })
    .sort((a, b) => begin(b.definition) - begin(a.definition) || (a.version < b.version ? 1 : -1))
    .map(({ definition }) => definition);
  const kpis = new Map([...catalogue.kpis].map(([key, kpi]) => [key, withChain(kpi, latestFirst)]));
  const folded = new Set([...kpis.values()].flatMap(versionsOf).map(({ hash }) => hash));
  // What is computed from KPIs goes on as long as all of them do.
  const goesOn = (definition: Definition): boolean =>
    !isDerived(definition) || leavesOf(definition).every((leaf) => folded.has(leaf.definition.hash));
  for (const [key, { earlier, ...kpi }] of kpis) {
    const going = (earlier ?? []).filter(goesOn);
    kpis.set(key, going.length === 0 ? kpi : { ...kpi, earlier: going });
  }
  return { ...catalogue, kpis };
}

function withChain(kpi: Kpi, latestFirst: readonly Definition[]): Kpi {
  const earlier: Definition[] = [];
  let next = kpi.definition;
  for (const each of latestFirst) {
    if (each.kpi !== next.kpi || begin(each) >= begin(next) || earlier.length === EARLIER_VERSIONS_MAX) continue;
    // The same from another date on is not another version: the date was moved.
    if (each.effectiveMs !== undefined && isSameButDate(each, next)) continue;
    earlier.push((next = each));
  }
  return earlier.length === 0 ? kpi : { ...kpi, earlier };
}

function begin({ effectiveMs = -Infinity }: Definition): number {
  return effectiveMs;
}

function isSameButDate(a: Definition, b: Definition): boolean {
  const [one, other] = [a, b].map(({ hash: _hash, effectiveMs: _ms, ...fields }) => definitionHash(fields, ''));
  return one === other;
}

/** A stored definition in the terms of this catalogue; null: its workflow is gone. */
function restated(
  fields: Omit<Definition, 'hash'>,
  workflows: ReadonlyMap<string, Workflow>,
  calendarVersion: string,
): Omit<Definition, 'hash'> | null {
  if (!isDerived(fields as Definition)) {
    const workflow = workflows.get(fields.workflow);
    return workflow === undefined ? null : { ...fields, activities: workflow.activities };
  }
  const { measure } = fields;
  if (!('inputs' in measure)) return null;
  const inputs = measure.inputs.flatMap(({ hash: _hash, ...input }) => {
    const again = restated(input, workflows, calendarVersion);
    return again === null ? [] : [withHash(again, calendarVersion)];
  });
  return inputs.length < measure.inputs.length
    ? null
    : { ...fields, measure: { ...measure, inputs } as Definition['measure'] };
}

function withHash(fields: Omit<Definition, 'hash'>, calendarVersion: string): Definition {
  return { ...fields, hash: definitionHash(fields, calendarVersion) };
}

/**
 * What is in force at a time: a KPI that is not effective yet is as its version before has it, with the names, targets and
 * rules that it has now. The later one takes its place where the first of its windows shows.
 */
export function catalogueAt(catalogue: Catalogue, nowMs: number, calendarVersion: string): Catalogue {
  const kpis = new Map([...catalogue.kpis].map(([key, kpi]) => [key, kpiAt(kpi, nowMs)]));
  const rules = [...catalogue.rules].map(([name, rule]) => {
    const definition = kpis.get(rule.kpi)?.definition;
    return [
      name,
      definition === undefined || definition.hash === rule.definition
        ? rule
        : ruleOn(rule, definition, calendarVersion),
    ] as const;
  });
  return nextChangeMs(catalogue, nowMs) === Infinity ? catalogue : { ...catalogue, kpis, rules: new Map(rules) };
}

function kpiAt({ earlier, ...kpi }: Kpi, nowMs: number): Kpi {
  const all = versionsOf({ ...kpi, earlier: earlier ?? [] });
  const at = Math.max(
    0,
    all.findIndex((each, i) => i === all.length - 1 || nowMs > waitsUntilMs(each)),
  );
  const rest = all.slice(at + 1);
  return { ...kpi, definition: all[at]!, ...(rest.length === 0 ? {} : { earlier: rest }) };
}

/** When another version takes its place next, ms UTC; Infinity: none waits. */
export function nextChangeMs(catalogue: Catalogue, nowMs: number): number {
  const waiting = [...catalogue.kpis.values()].flatMap(({ definition, earlier = [] }) =>
    earlier.length === 0 ? [] : [waitsUntilMs(definition), ...earlier.slice(0, -1).map(waitsUntilMs)],
  );
  return Math.min(Infinity, ...waiting.filter((untilMs) => untilMs >= nowMs));
}

function waitsUntilMs({ window, effectiveMs }: Definition): number {
  return effectiveMs === undefined ? -Infinity : lastEndBefore(window, effectiveMs);
}
