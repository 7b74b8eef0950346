/** What the watch over the line knows. */
export interface HeartbeatState {
  /** How long the line has been without a beat that came through. */
  readonly silentMs: number;
  readonly stopped: boolean;
  /** Why the last beat did not come through; empty after one that did. */
  readonly reason: string;
  /** Clock at the last step; null before the first. */
  readonly seenMs: number | null;
}

/** What happened to the line: a beat came through, one did not, time passed, or it has ended and no beat can come. */
export type HeartbeatInput =
  | { readonly type: 'beat' }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'look' }
  | { readonly type: 'halted'; readonly reason: string };

/** The next state, and what the receiver is to hear, if anything. */
export interface HeartbeatStep {
  readonly state: HeartbeatState;
  readonly tell: 'running' | 'stopped' | 'back' | null;
  readonly reason: string;
}

export const HEARTBEAT_START: HeartbeatState = { silentMs: 0, stopped: false, reason: '', seenMs: null };

/** Most time that counts between two looks, which are a second apart: a clock that is set, or a laptop asleep, is no silence. */
const LOOK_MS_MAX = 5_000;

/**
 * Steps the watch. The line counts as stopped when no beat came through for `stoppedAfterMs`, as time passes here and not
 * as the clock is set. Told once when it stops, and once when it is back.
 */
export function stepHeartbeat(
  before: HeartbeatState,
  input: HeartbeatInput,
  nowMs: number,
  stoppedAfterMs: number,
): HeartbeatStep {
  if (input.type === 'beat') {
    const state = { silentMs: 0, stopped: false, reason: '', seenMs: nowMs };
    if (!before.stopped) return { state, tell: 'running', reason: '' };
    const reason = `a beat came through the line again; none had for ${seconds(before.silentMs)}`;
    return { state, tell: 'back', reason };
  }
  const passedMs = before.seenMs === null ? 0 : Math.min(Math.max(0, nowMs - before.seenMs), LOOK_MS_MAX);
  const silentMs = before.silentMs + passedMs;
  const reason = input.type === 'look' ? before.reason : input.reason;
  const stopped = before.stopped || silentMs >= stoppedAfterMs || input.type === 'halted';
  const state = { silentMs, stopped, reason, seenMs: nowMs };
  return { state, tell: stopped && !before.stopped ? 'stopped' : null, reason: silence(state) };
}

/** The words for a line that stands. */
export function silence({ silentMs, reason }: HeartbeatState): string {
  return `no beat has come through the line for ${seconds(silentMs)}${reason === '' ? '' : `: ${reason}`}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
