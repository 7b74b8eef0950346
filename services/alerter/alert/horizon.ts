/** Before every window. */
export const NEVER_MS = Number.MIN_SAFE_INTEGER;

/** What of a horizon is stored. */
export interface HorizonContent {
  readonly evaluatedMs: number;
  readonly behind: boolean;
  /** Windows from here on wait for the end of an import; null: none do. */
  readonly holdFromMs: number | null;
  /** Whether the import that they wait for is known to be over once none is open. */
  readonly mayRelease: boolean;
}

const NEW: HorizonContent = { evaluatedMs: NEVER_MS, behind: true, holdFromMs: null, mayRelease: false };

/**
 * Up to where the windows of a series are evaluated. Mostly that is where the marks have come to (`passedMs`), which need
 * not be written down; a series that is new, or whose windows an import fills, is behind.
 */
export class Horizon {
  private now: HorizonContent;

  constructor(content: HorizonContent = NEW) {
    this.now = content;
  }

  /** The end of the last window that was evaluated, or a time after it and before the next. */
  at(passedMs: number): number {
    return this.now.behind ? this.now.evaluatedMs : Math.max(this.now.evaluatedMs, passedMs);
  }

  /** Whether marks may have passed windows that are not evaluated, or one must be waited for. */
  get isBehind(): boolean {
    return this.now.behind || this.now.holdFromMs !== null;
  }

  /** An import fills the window that ends at `endMs`: from there on windows wait. Gives whether that is news. */
  hold(endMs: number, passedMs: number): boolean {
    const { holdFromMs } = this.now;
    if (endMs <= this.at(passedMs) || (holdFromMs !== null && holdFromMs <= endMs)) return false;
    this.now = { ...this.now, holdFromMs: endMs, mayRelease: false };
    return true;
  }

  /** A window got its value: the import that filled it is over, even if no mark ever told that it was open. */
  filled(endMs: number): boolean {
    if (endMs !== this.now.holdFromMs || this.now.mayRelease) return false;
    this.now = { ...this.now, mayRelease: true };
    return true;
  }

  /**
   * Marks have come to `boundMs`. Gives up to where windows may be evaluated, and whether more than the marks' own
   * progress is to be written down. The mark that tells of an import may stand after one that does not yet know of it.
   */
  advance(boundMs: number, importsOpen: boolean): { readonly limitMs: number; readonly changed: boolean } {
    const before = this.now;
    let { holdFromMs, mayRelease } = before;
    if (holdFromMs !== null && importsOpen) mayRelease = true;
    else if (holdFromMs !== null && mayRelease) [holdFromMs, mayRelease] = [null, false];
    const limitMs = holdFromMs === null ? boundMs : Math.min(boundMs, holdFromMs - 1);
    const behind = limitMs < boundMs;
    const evaluatedMs = Math.max(before.evaluatedMs, limitMs);
    this.now = { evaluatedMs, behind, holdFromMs, mayRelease };
    // One that is behind has come as far as its row says, not as far as the marks.
    const moved = before.behind !== behind || (behind && before.evaluatedMs !== evaluatedMs);
    return { limitMs, changed: moved || before.holdFromMs !== holdFromMs || before.mayRelease !== mayRelease };
  }

  /** What to write down, as of where the marks have come to. */
  content(passedMs: number): HorizonContent {
    return { ...this.now, evaluatedMs: this.at(passedMs) };
  }
}
