/** A message as a broker sent it. */
export interface SourceMessage {
  readonly topic: string;
  /** Of a payload above the source's limit only its head. */
  readonly payload: Uint8Array;
  /** How many bytes the payload had. */
  readonly payloadBytes: number;
  /** Tells the broker never to send it again. Does nothing once its connection is gone. */
  acknowledge(): void;
  /** Whether the broker sends it once more, because its connection is gone: what holds it may let go of it. */
  comesAgain(): boolean;
}

/** Where a source is; times in milliseconds UTC. */
export interface SourceState {
  readonly connected: boolean;
  /** Since when it is, or is not. */
  readonly sinceMs: number;
  /** Why it is not connected; empty while it is. */
  readonly reason: string;
}

/** What a source tells about its connection: each change once. */
export interface SourceObserver {
  /** `sessionKept`: the broker had kept what came while nobody was there. `again`: this process was connected before. */
  connected(sessionKept: boolean, again: boolean): void;
  away(reason: string): void;
}

/**
 * A broker that hands out messages.
 *
 * What every adapter promises:
 * 1. A message that was not acknowledged comes again, after a new connection or a restart of this process, as long as the
 *    broker keeps the session. (What its sender sent without wanting an acknowledgement does not.)
 * 2. Messages come one after the other, in the broker's order; the next one when `receive` has resolved for the one before.
 * 3. Acknowledgements go out in the order in which they are given.
 * 4. A connection that breaks, is refused or was never there is tried again, ever more seldom, until `stop`.
 */
export interface MessageSource {
  /** Resolves after `stop`; never rejects. */
  run(receive: (message: SourceMessage) => Promise<void>): Promise<void>;
  state(): SourceState;
  /** Leaves the broker, which goes on keeping messages; resolves when nothing comes any more. */
  stop(): Promise<void>;
}
