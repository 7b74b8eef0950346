// Up to where somebody has evaluated, for the alert oracle. Imports nothing from services/.

/** Up to where a series or an instance is evaluated, and whether it waits for an import. */
export class Reach {
  /** -Infinity: nothing yet. */
  private doneMs: number;
  /** Whether the marks have passed windows that it has not evaluated. */
  private behind: boolean;
  private holdMs = Infinity;
  private sawImport = false;

  /** `doneMs`: where the marks are now, of one that starts there; left out: the next mark decides. */
  constructor(doneMs?: number) {
    this.doneMs = doneMs ?? -Infinity;
    this.behind = doneMs === undefined;
  }

  /** The end of the last evaluated window: where the marks are, unless it is behind. */
  done(passedMs: number): number {
    return this.behind ? this.doneMs : Math.max(this.doneMs, passedMs);
  }

  get waits(): boolean {
    return this.behind || this.holdMs < Infinity;
  }

  /** A value came for a window: one that an import fills holds everything from there on. */
  sees(endMs: number, filling: boolean, passedMs: number): void {
    if (filling && endMs > this.done(passedMs) && endMs < this.holdMs) {
      this.holdMs = endMs;
      this.sawImport = false;
    }
    if (!filling && endMs === this.holdMs) this.sawImport = true;
  }

  /** The marks are at `boundMs`; gives up to where to evaluate. */
  advance(boundMs: number, importing: boolean): number {
    if (this.holdMs < Infinity) {
      if (importing) this.sawImport = true;
      else if (this.sawImport) {
        this.holdMs = Infinity;
        this.sawImport = false;
      }
    }
    const limitMs = Math.min(boundMs, this.holdMs - 1);
    this.doneMs = Math.max(this.doneMs, limitMs);
    this.behind = limitMs < boundMs;
    return limitMs;
  }
}
