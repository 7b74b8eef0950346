import type { ProgressMark } from '../../shared/core/messages.ts';

/** What a source's marks have said so far, as of some offset of [slices]. */
export interface SourceState {
  readonly position: string;
  readonly watermarkMs: number | null;
  readonly stored: string;
  readonly openImports: readonly string[];
}

interface Seen extends SourceState {
  readonly offset: number;
  readonly source: string;
}

/**
 * The sources of a [slices] partition. Keeps what was known at the stored position as well as now: a restored fold must
 * see watermarks cross window ends again (checkpoint trap 8).
 */
export class SourceProgress {
  private base = new Map<string, SourceState>();
  private now = new Map<string, SourceState>();
  private seen: Seen[] = [];

  restore(base: Readonly<Record<string, SourceState>>): void {
    this.base = new Map(Object.entries(base));
    this.now = new Map(this.base);
    this.seen = [];
  }

  /**
   * Takes a mark; gives what is known then, the imports that it ends and what its source had stored before it. A mark of an older position
   * (a zombie's, or a replay) never takes anything back.
   */
  step(
    offset: number,
    mark: ProgressMark,
  ): { readonly state: SourceState; readonly endedImports: ReadonlySet<string>; readonly storedBefore: bigint } {
    const before = this.now.get(mark.source);
    const older = before !== undefined && mark.position < BigInt(before.position);
    const state: SourceState = {
      position: String(older ? before.position : mark.position),
      watermarkMs: latest(before?.watermarkMs ?? null, mark.watermarkMs),
      stored: String(
        before !== undefined && BigInt(before.stored) > mark.storedPosition ? before.stored : mark.storedPosition,
      ),
      openImports: older ? before.openImports : mark.openImports,
    };
    this.now.set(mark.source, state);
    this.seen.push({ ...state, offset, source: mark.source });
    const open = new Set(state.openImports);
    const endedImports = new Set((before?.openImports ?? []).filter((id) => !open.has(id)));
    return { state, endedImports, storedBefore: BigInt(before?.stored ?? -1) };
  }

  /** What was known at a position that may be stored; marks up to it are folded in for good. */
  at(offset: number): Record<string, SourceState> {
    let count = 0;
    for (const { offset: at, source, ...state } of this.seen) {
      if (at > offset) break;
      this.base.set(source, state);
      count++;
    }
    this.seen.splice(0, count);
    return Object.fromEntries(this.base);
  }

  storedOf(source: string): bigint {
    return BigInt(this.now.get(source)?.stored ?? -1);
  }

  /**
   * Whether an import is open in its source. That of a part ahead of the marks read so far (a series can be loaded while
   * the log is being read) counts as open: its own mark, still to come, will tell.
   */
  isOpen(source: string, importId: string, version: bigint): boolean {
    const now = this.now.get(source);
    if (now === undefined || version > BigInt(now.position)) return true;
    return now.openImports.includes(importId);
  }

  openImports(): Set<string> {
    return new Set([...this.now.values()].flatMap(({ openImports }) => openImports));
  }

  /** The lowest watermark of a workflow's sources; null while one of them has none. */
  watermark(workflow: string, partitions: number): number | null {
    let lowest = Infinity;
    for (let p = 0; p < partitions; p++) {
      const watermarkMs = this.now.get(`${workflow}/${p}`)?.watermarkMs ?? null;
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest, watermarkMs);
    }
    return lowest === Infinity ? null : lowest;
  }

  get waiting(): number {
    return this.seen.length;
  }
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
