import type { SliceSnapshot } from '../../shared/core/messages.ts';

/**
 * Snapshots of definitions that are not to be computed yet, as long as their source may not have stored them: after that
 * the store gives them. As many as a source hands out between two stores.
 */
export class PartsAside {
  /** By definition, and in it by row. */
  private readonly byHash = new Map<string, Map<string, SliceSnapshot>>();

  clear(): void {
    this.byHash.clear();
  }

  put(part: SliceSnapshot): void {
    let parts = this.byHash.get(part.definition);
    if (parts === undefined) this.byHash.set(part.definition, (parts = new Map()));
    const name = `${part.source} ${part.sliceStartMs} ${part.labels}`;
    const known = parts.get(name);
    if (known === undefined || known.version <= part.version) parts.set(name, part);
  }

  /** A source has stored all up to `stored`. */
  acknowledge(source: string, stored: bigint): void {
    for (const [hash, parts] of this.byHash) {
      for (const [name, part] of parts) if (part.source === source && part.version <= stored) parts.delete(name);
      if (parts.size === 0) this.byHash.delete(hash);
    }
  }

  /** Gives those of a definition, which leave. */
  take(hash: string): readonly SliceSnapshot[] {
    const parts = [...(this.byHash.get(hash)?.values() ?? [])];
    this.byHash.delete(hash);
    return parts;
  }

  get size(): number {
    let sum = 0;
    for (const parts of this.byHash.values()) sum += parts.size;
    return sum;
  }
}
