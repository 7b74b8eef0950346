import type { SnapshotMessage } from '../../shared/core/screen/wall-message.ts';
import type { StreamMessage } from './event-parser.ts';

/** What a screen knows. Times are the server's; `offsetMs` leads there from the browser's monotonic clock. */
export interface WallState {
  readonly connection: 'connecting' | 'open' | 'lost' | 'refused';
  /** Server time of the last sound before the connection was lost. */
  readonly lostSinceMs: number | null;
  readonly refusal: { readonly status: number; readonly message: string } | null;
  /** The screen with its tiles as they are now; null before the first snapshot. */
  readonly screen: SnapshotMessage | null;
  readonly offsetMs: number;
  readonly heardMs: number;
}

/** Before anything was heard. */
export const WALL_START: WallState = {
  connection: 'connecting',
  lostSinceMs: null,
  refusal: null,
  screen: null,
  offsetMs: 0,
  heardMs: 0,
};

/** What can happen to a screen. */
export type WallInput =
  | StreamMessage
  | { readonly event: 'lost' }
  | { readonly event: 'refused'; readonly status: number; readonly message: string };

/** The state after an input at `monotonicMs` of the browser. Values are kept through every loss. */
export function stepWall(state: WallState, input: WallInput, monotonicMs: number): WallState {
  switch (input.event) {
    case 'snapshot': {
      const { data } = input;
      return { ...open(state, data.nowMs, monotonicMs), screen: data };
    }
    case 'beat': {
      const { nowMs, pipeline, build } = input.data;
      const screen = state.screen === null ? null : { ...state.screen, pipeline, build };
      return { ...open(state, nowMs, monotonicMs), screen };
    }
    case 'tiles': {
      if (state.screen === null) return state;
      const tiles = state.screen.tiles.map((content, index) => input.data.tiles[index] ?? content);
      return { ...state, screen: { ...state.screen, tiles }, heardMs: monotonicMs };
    }
    case 'lost':
      if (state.connection === 'lost' || state.connection === 'refused') return state;
      return { ...state, connection: 'lost', lostSinceMs: state.screen === null ? null : nowOf(state, state.heardMs) };
    case 'refused': {
      const { status, message } = input;
      const lostSinceMs = state.lostSinceMs ?? (state.screen === null ? null : nowOf(state, state.heardMs));
      return { ...state, connection: 'refused', lostSinceMs, refusal: { status, message } };
    }
  }
}

function open(state: WallState, nowMs: number, monotonicMs: number): WallState {
  const offsetMs = nowMs - monotonicMs;
  return { ...state, connection: 'open', lostSinceMs: null, refusal: null, offsetMs, heardMs: monotonicMs };
}

/** The server's time at `monotonicMs` of the browser, as far as is known. */
export function nowOf({ offsetMs }: WallState, monotonicMs: number): number {
  return monotonicMs + offsetMs;
}
