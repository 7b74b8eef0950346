import { compareBytesOf } from '../../shared/core/bytes/compare-text.ts';
import type { CaseRange } from '../../shared/ports/kpi-store.ts';

/** Hashes of the definitions that do not have all cases yet, each with the last case that it has; null: none. */
export type Filling = Readonly<Record<string, string | null>>;

/**
 * How far definitions are that came into force with nothing: records of the log bring in the cases before them, some at a
 * time, in the order of the bytes of their ids. Until its turn comes a case contributes nothing to them.
 */
export class Frontiers {
  private byHash = new Map<string, string | null>();

  restore(filling: Filling): void {
    this.byHash = new Map(Object.entries(filling));
  }

  /** As `restore` takes them. */
  get filling(): Filling {
    return Object.fromEntries(this.byHash);
  }

  get hashes(): readonly string[] {
    return [...this.byHash.keys()];
  }

  get size(): number {
    return this.byHash.size;
  }

  /** These are in force from here on; those of them that `begin` have nothing yet. */
  change(inForce: readonly string[], begin: readonly string[]): void {
    for (const hash of this.byHash.keys()) if (!inForce.includes(hash)) this.byHash.delete(hash);
    for (const hash of begin) this.byHash.set(hash, null);
  }

  /** Those of them that have the cases up to `after` have them up to `upTo` from here on (null: all). Gives which. */
  advance(definitions: readonly string[], after: string | null, upTo: string | null): readonly string[] {
    const moved = definitions.filter((hash) => this.byHash.get(hash) === after);
    for (const hash of moved) {
      if (upTo === null) this.byHash.delete(hash);
      else this.byHash.set(hash, upTo);
    }
    return moved;
  }

  /** Whether a definition does not have this case yet. */
  lacks(hash: string, caseId: string): boolean {
    const upTo = this.byHash.get(hash);
    return upTo !== undefined && (upTo === null || compareBytesOf(caseId, upTo) > 0);
  }

  /** The cases that a definition has, which are some at least. */
  casesOf(hash: string): CaseRange {
    return { after: null, upTo: this.byHash.get(hash) ?? null };
  }
}
