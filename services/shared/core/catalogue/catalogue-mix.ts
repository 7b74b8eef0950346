import type { Rule } from '../alert/rule.ts';
import type { Catalogue, Kpi } from './catalogue.ts';
import { versionsOf } from './catalogue-versions.ts';

/**
 * A catalogue while some of it is being computed: `next`, but a KPI whose definition changed is as `before` had it, with
 * its rules, until `isComputed` says of the new definition that its values are there. Gives `next` itself when all are.
 */
export function mixCatalogues(before: Catalogue, next: Catalogue, isComputed: (hash: string) => boolean): Catalogue {
  const staying = new Map<string, Kpi>();
  for (const [key, kpi] of next.kpis) {
    const old = before.kpis.get(key);
    if (old === undefined || old.definition.hash === kpi.definition.hash || isWhole(kpi, isComputed)) continue;
    if (next.workflows.has(old.definition.workflow)) staying.set(key, old);
  }
  if (staying.size === 0) return next;
  const rules = new Map<string, Rule>();
  for (const { rules: all, stays } of [
    { rules: next.rules, stays: false },
    { rules: before.rules, stays: true },
  ])
    for (const [name, rule] of all) if (staying.has(rule.kpi) === stays) rules.set(name, rule);
  return {
    ...next,
    kpis: new Map([...next.kpis].map(([key, kpi]) => [key, staying.get(key) ?? kpi])),
    rules,
    channels: new Map([...before.channels, ...next.channels]),
  };
}

/** Keys of the KPIs of a catalogue whose definitions are not computed yet. */
export function notComputed({ kpis }: Catalogue, isComputed: (hash: string) => boolean): string[] {
  return [...kpis].flatMap(([key, kpi]) => (isWhole(kpi, isComputed) ? [] : [key]));
}

/** Whether all versions of a KPI are computed. */
function isWhole(kpi: Kpi, isComputed: (hash: string) => boolean): boolean {
  return versionsOf(kpi).every(({ hash }) => isComputed(hash));
}

/** Whether two catalogues say the same of everything. */
export function sameCatalogues(a: Catalogue, b: Catalogue): boolean {
  return a === b || textOf(a) === textOf(b);
}

function textOf(catalogue: Catalogue): string {
  return JSON.stringify(catalogue, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
}
