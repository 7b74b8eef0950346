import type { ProgressMark } from '../../shared/core/messages.ts';

/** What a source's marks have said so far, as of some offset of [slices]. */
export interface SourceState {
  readonly position: string;
  readonly watermarkMs: number | null;
  readonly stored: string;
  readonly openImports: readonly string[];
  /** Definitions in force there, and those of them that lack cases; absent: not known. */
  readonly definitions?: readonly string[];
  readonly filling?: readonly string[];
}

/** The same in memory. */
interface Source {
  readonly position: bigint;
  readonly watermarkMs: number | null;
  readonly stored: bigint;
  readonly openImports: readonly string[];
  readonly definitions: readonly string[];
  readonly filling: readonly string[];
}

interface Seen {
  readonly offset: number;
  readonly source: string;
  readonly state: Source;
}

/**
 * The sources of a [slices] partition. Keeps what was known at the stored position as well as now: a restored fold must
 * see watermarks cross window ends again (checkpoint trap 8).
 */
export class SourceProgress {
  private base = new Map<string, Source>();
  private now = new Map<string, Source>();
  private seen: Seen[] = [];

  restore(base: Readonly<Record<string, SourceState>>): void {
    this.base = new Map(
      Object.entries(base).map(([source, state]) => [
        source,
        {
          ...state,
          position: BigInt(state.position),
          stored: BigInt(state.stored),
          definitions: state.definitions ?? [],
          filling: state.filling ?? [],
        },
      ]),
    );
    this.now = new Map(this.base);
    this.seen = [];
  }

  /**
   * Takes a mark; gives the imports that it ends, what its source had stored before it, and what is known of its source
   * now. A mark of an older position (a zombie's, or a replay) never takes anything back.
   */
  step(
    offset: number,
    mark: ProgressMark,
  ): Pick<Source, 'watermarkMs' | 'openImports' | 'filling'> & {
    readonly endedImports: ReadonlySet<string>;
    readonly storedBefore: bigint;
  } {
    const before = this.now.get(mark.source);
    const older = before !== undefined && mark.position < before.position;
    const state: Source = {
      position: older ? before.position : mark.position,
      watermarkMs: latest(before?.watermarkMs ?? null, mark.watermarkMs),
      stored: before !== undefined && before.stored > mark.storedPosition ? before.stored : mark.storedPosition,
      openImports: older ? before.openImports : mark.openImports,
      definitions: older ? before.definitions : mark.definitions,
      filling: older ? before.filling : mark.filling,
    };
    this.now.set(mark.source, state);
    this.seen.push({ offset, source: mark.source, state });
    const { watermarkMs, openImports } = state;
    const endedImports = new Set((before?.openImports ?? []).filter((id) => !openImports.includes(id)));
    return { endedImports, storedBefore: before?.stored ?? -1n, watermarkMs, openImports, filling: state.filling };
  }

  /** What was known at a position that may be stored; marks up to it are folded in for good. */
  at(offset: number): Record<string, SourceState> {
    let count = 0;
    for (const { offset: at, source, state } of this.seen) {
      if (at > offset) break;
      this.base.set(source, state);
      count++;
    }
    this.seen.splice(0, count);
    return Object.fromEntries(
      [...this.base].map(([source, state]) => [
        source,
        { ...state, position: String(state.position), stored: String(state.stored) },
      ]),
    );
  }

  storedOf(source: string): bigint {
    return this.now.get(source)?.stored ?? -1n;
  }

  /** Whether a part of this version is newer than what the marks read so far tell of its source. */
  isAhead(source: string, version: bigint): boolean {
    const now = this.now.get(source);
    return now === undefined || version > now.position;
  }

  /**
   * Whether an import is open in its source. That of a part ahead of the marks read so far (a series can be loaded while
   * the log is being read) counts as open: its own mark, still to come, will tell.
   */
  isOpen(source: string, importId: string, version: bigint): boolean {
    return this.isAhead(source, version) || this.now.get(source)!.openImports.includes(importId);
  }

  /** False: no import is open in the source, as far as parts of up to this version can know. */
  mayBeOpen(source: string, version: bigint): boolean {
    const now = this.now.get(source);
    return now === undefined || version > now.position || now.openImports.length > 0;
  }

  /** Whether one of the workflow's sources, of so many partitions, does not have a definition in force yet, or not all of its cases in it. */
  lacks(workflow: string, partitions: number, hash: string): boolean {
    for (let p = 0; p < partitions; p++) {
      const source = this.now.get(`${workflow}/${p}`);
      if (source === undefined) continue;
      const { definitions, filling } = source;
      if (filling.includes(hash) || (definitions.length > 0 && !definitions.includes(hash))) return true;
    }
    return false;
  }

  /** Definitions that lack cases of a source, as far as is known now. */
  filling(): Set<string> {
    return new Set([...this.now.values()].flatMap(({ filling }) => filling));
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
