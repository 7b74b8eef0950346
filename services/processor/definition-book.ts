import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import { isDerived } from '../shared/core/formula/derived.ts';
import type { Definition } from '../shared/core/definition.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { DefinitionRow } from '../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../shared/ports/kpi-store.ts';

/** All definitions by hash: those of the catalogue in force, and those that stored rows still name. */
export class DefinitionBook {
  private readonly byHash = new Map<string, Definition>();
  private readonly active = new Map<string, string[]>();

  /** Reads what the store knows, adds the catalogue's and writes down what changed. */
  static async open(store: KpiStore, catalogue: Catalogue, clock: Clock): Promise<DefinitionBook> {
    const book = new DefinitionBook();
    const version = BigInt(clock.nowMs());
    const known = new Map((await store.definitions()).map((row) => [row.hash, row]));
    for (const row of known.values()) book.byHash.set(row.hash, JSON.parse(row.content) as Definition);
    const rows: DefinitionRow[] = [];
    const hashes = new Set<string>();
    for (const { definition } of catalogue.kpis.values()) {
      const { hash, kpi, workflow } = definition;
      hashes.add(hash);
      book.byHash.set(hash, definition);
      // Only what is computed from events is for those who fold them.
      if (!isDerived(definition)) book.active.set(workflow, [...(book.active.get(workflow) ?? []), hash]);
      if (known.get(hash)?.active !== true)
        rows.push({ hash, kpi, workflow, content: JSON.stringify(definition), active: true, version });
    }
    for (const row of known.values())
      if (row.active && !hashes.has(row.hash)) rows.push({ ...row, active: false, version });
    if (rows.length > 0) await store.insert('definitions', rows);
    return book;
  }

  of(hash: string): Definition | undefined {
    return this.byHash.get(hash);
  }

  /** Hashes of the catalogue's definitions that are computed from a workflow's events. */
  inForce(workflow: string): readonly string[] {
    return this.active.get(workflow) ?? [];
  }
}
