import type { Catalogue, Kpi } from '../../shared/core/catalogue/catalogue.ts';
import { versionsOf } from '../../shared/core/catalogue/catalogue-versions.ts';
import type { Definition } from '../../shared/core/definition.ts';
import { firstBegin, isEffective, lastEndBefore } from '../../shared/core/window/effective.ts';

/** A version of a KPI from before the one that is shown, whose windows stand in one line with it. */
export interface EarlierVersion {
  readonly definition: Definition;
  /** No window of it that ends later begins before the next version, ms UTC. */
  readonly throughMs: number;
}

/** A definition that is shown, and what stands before it. */
export interface ShownDefinition {
  readonly hash: string;
  readonly earlier: readonly EarlierVersion[];
}

/**
 * The versions before that of a KPI, the latest first, as far back as they have its windows, labels and unit: numbers that
 * are no such thing do not stand in one line with it. They stay readable under their own hash.
 */
export function earlierOf(kpi: Pick<Kpi, 'definition' | 'earlier'>): EarlierVersion[] {
  const [shown, ...earlier] = versionsOf(kpi);
  const alike: EarlierVersion[] = [];
  let next = shown!;
  for (const definition of earlier) {
    if (shapeOf(definition) !== shapeOf(shown!) || next.effectiveMs === undefined) break;
    const throughMs = lastEndBefore(definition.window, firstBegin(definition.window, next.effectiveMs));
    alike.push({ definition, throughMs });
    next = definition;
  }
  return alike;
}

function shapeOf({ window, by, unit }: Definition): string {
  return JSON.stringify([window, by.map(({ dimension }) => dimension).sort(), unit]);
}

/** What of a catalogue is shown. */
export function shownDefinitions({ kpis }: Catalogue): ShownDefinition[] {
  return [...kpis.values()].map((kpi) => ({ hash: kpi.definition.hash, earlier: earlierOf(kpi) }));
}

/** Whether the window that ends at `endMs` is this version's. */
export function isOfVersion({ definition, throughMs }: EarlierVersion, endMs: number): boolean {
  return endMs <= throughMs && isEffective(definition, endMs);
}
