import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import { versionsOf } from '../shared/core/catalogue/catalogue-versions.ts';
import { isDerived } from '../shared/core/formula/derived.ts';
import { leavesOf } from '../shared/core/formula/derived-leaves.ts';
import type { Definition } from '../shared/core/definition.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { DefinitionRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';

/**
 * All definitions by hash: those of the catalogue, those that stored rows still name, and which of the catalogue before
 * are kept going while what takes their place is computed.
 */
export class DefinitionBook {
  private readonly byHash = new Map<string, Definition>();
  private catalogue: readonly Definition[] = [];
  private keptUntilComputed: readonly Definition[] = [];
  private readonly store: KpiStore;
  private readonly clock: Clock;

  private constructor(store: KpiStore, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Reads what the store knows, adds the catalogue's and writes down what changed. */
  static async open(store: KpiStore, catalogue: Catalogue, clock: Clock): Promise<DefinitionBook> {
    const book = new DefinitionBook(store, clock);
    await book.use(catalogue, null);
    return book;
  }

  /** Goes on with another catalogue. Of the one that is `shown` what changed is kept until `retire`. */
  async use(catalogue: Catalogue, shown: Catalogue | null): Promise<void> {
    const next = [...catalogue.kpis.values()].flatMap(versionsOf);
    const kept = shown === null ? [] : keptOf(shown, catalogue);
    await this.write([...next, ...kept]);
    this.catalogue = next;
    this.keptUntilComputed = kept;
  }

  /** What was kept ends. Gives whether there was anything. */
  async retire(): Promise<boolean> {
    if (this.keptUntilComputed.length === 0) return false;
    await this.write(this.catalogue);
    this.keptUntilComputed = [];
    return true;
  }

  /** Writes down again what is in force. */
  insist(): Promise<void> {
    return this.write([...this.catalogue, ...this.keptUntilComputed]);
  }

  /** Writes down that these are in force and no others. */
  private async write(active: readonly Definition[]): Promise<void> {
    const version = BigInt(this.clock.nowMs());
    const known = new Map((await this.store.definitions()).map((row) => [row.hash, row]));
    for (const row of known.values())
      if (!this.byHash.has(row.hash)) this.byHash.set(row.hash, JSON.parse(row.content) as Definition);
    const rows: DefinitionRow[] = [];
    const hashes = new Set<string>();
    for (const definition of active) {
      const { hash, kpi, workflow } = definition;
      hashes.add(hash);
      this.byHash.set(hash, definition);
      if (known.get(hash)?.active !== true)
        rows.push({ hash, kpi, workflow, content: JSON.stringify(definition), active: true, version });
    }
    for (const row of known.values())
      if (row.active && !hashes.has(row.hash)) rows.push({ ...row, active: false, version });
    if (rows.length > 0) await this.store.insert('definitions', rows);
  }

  of(hash: string): Definition | undefined {
    return this.byHash.get(hash);
  }

  /** Hashes of all definitions of the catalogue. */
  get hashes(): readonly string[] {
    return this.catalogue.map(({ hash }) => hash);
  }

  /**
   * Hashes of the definitions that are to be computed from a workflow's events, where `inForce` are now: the catalogue's,
   * and of those that are kept the ones that are in force.
   */
  wanted(workflow: string, inForce: readonly string[]): readonly string[] {
    const kept = this.keptUntilComputed.filter(({ hash }) => inForce.includes(hash));
    return [...this.catalogue, ...kept].flatMap((definition) =>
      // Only what is computed from events is for those who fold them.
      definition.workflow === workflow && !isDerived(definition) ? [definition.hash] : [],
    );
  }
}

/** Definitions of a catalogue that another one has changed, as far as they can go on beside the new ones. */
function keptOf(shown: Catalogue, next: Catalogue): Definition[] {
  const hashes = new Set([...next.kpis.values()].flatMap(versionsOf).map(({ hash }) => hash));
  const changed = [...shown.kpis.values()]
    .flatMap(versionsOf)
    .filter(({ kpi, hash }) => next.kpis.has(kpi) && !hashes.has(hash));
  // The order of the activities is one for all definitions that a fold has.
  const measured = changed.filter(
    (definition) => !isDerived(definition) && sameOrder(definition, next.workflows.get(definition.workflow)),
  );
  for (const { hash } of measured) hashes.add(hash);
  const derived = changed.filter(
    (definition) => isDerived(definition) && leavesOf(definition).every((leaf) => hashes.has(leaf.definition.hash)),
  );
  return [...measured, ...derived];
}

function sameOrder(
  { activities }: Definition,
  workflow: { readonly activities: readonly string[] } | undefined,
): boolean {
  return JSON.stringify(activities) === JSON.stringify(workflow?.activities);
}
