import type { Due } from './due.ts';
import type { SliceChange } from './series.ts';

/** The window ends to look at in one computation, with what brings each of them up. */
export class Dues {
  private readonly dues = new Map<number, Due>();

  /** The one of this end; time alone brings it up unless something marks it. */
  at(endMs: number): Due {
    let due = this.dues.get(endMs);
    if (due === undefined)
      this.dues.set(endMs, (due = { endMs, forced: false, uncertain: false, imported: false, live: false }));
    return due;
  }

  /** A changed slice brings it up. */
  mark(endMs: number, { touched, uncertain, live }: SliceChange): void {
    const due = this.at(endMs);
    due.forced ||= touched;
    due.uncertain ||= uncertain;
    if (live) due.live = true;
    else due.imported = true;
  }

  /** A window of what it is computed from was looked at for these reasons. */
  follow({ endMs, forced, uncertain, imported, live }: Due): void {
    const due = this.at(endMs);
    due.forced ||= forced;
    due.uncertain ||= uncertain;
    due.imported ||= imported;
    due.live ||= live;
  }

  /** Ascending: so each rolling window follows from the one before it. */
  ascending(): readonly Due[] {
    return [...this.dues.values()].sort((a, b) => a.endMs - b.endMs);
  }
}
