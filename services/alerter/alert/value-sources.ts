import type { ProgressMark } from '../../shared/core/messages.ts';

interface SourceState {
  /** Of roll, as text: it does not fit a number. */
  readonly position: string;
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
}

/** What the marks of a [values] partition have said, by source `workflow/partition`; part of the position. */
export type SourceStates = Readonly<Record<string, SourceState>>;

/** The sources whose values come in one [values] partition. */
export class ValueSources {
  private states = new Map<string, SourceState>();

  restore(states: SourceStates): void {
    this.states = new Map(Object.entries(states));
  }

  /** Takes a mark. One of an older position (of an owner that was replaced) takes nothing back. */
  step({ source, position, watermarkMs, openImports }: ProgressMark): void {
    const before = this.states.get(source);
    const older = before !== undefined && position < BigInt(before.position);
    this.states.set(source, {
      position: older ? before.position : String(position),
      watermarkMs: latest(before?.watermarkMs ?? null, watermarkMs),
      openImports: older ? before.openImports : openImports,
    });
  }

  /** The lowest watermark of a workflow's sources; null while one of them has told none. */
  watermark(workflow: string, partitions: number): number | null {
    let lowest = Infinity;
    for (let p = 0; p < partitions; p++) {
      const watermarkMs = this.states.get(`${workflow}/${p}`)?.watermarkMs ?? null;
      if (watermarkMs === null) return null;
      lowest = Math.min(lowest, watermarkMs);
    }
    return lowest === Infinity ? null : lowest;
  }

  /** The imports that are open in any of a workflow's sources. */
  openImports(workflow: string, partitions: number): string[] {
    const open = new Set<string>();
    for (let p = 0; p < partitions; p++)
      for (const importId of this.states.get(`${workflow}/${p}`)?.openImports ?? []) open.add(importId);
    return [...open];
  }

  get now(): SourceStates {
    return Object.fromEntries(this.states);
  }
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
