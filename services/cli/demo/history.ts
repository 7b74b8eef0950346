import type { WorkflowState } from './demo-state.ts';
import type { HistoryPart, Simulator } from './simulator.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the history reaches. */
export const HISTORY_MS = 14 * DAY_MS;
/** How far back detail reaches: see Simulator. */
export const DETAIL_MS = 12 * HOUR_MS;
/** How far back the detail of the first part reaches: as far as the screens' short windows do. */
const RECENT_DETAIL_MS = 75 * 60_000;
/** A part after that: the folds look at all slices when one ends, so few are better than many. */
const PART_MS = 2 * DAY_MS;

/** A part to load next, and the state once it is loaded. */
export interface NextPart {
  readonly part: HistoryPart;
  readonly after: WorkflowState;
  /** The part holds what happened from here on. */
  readonly fromMs: number;
}

/**
 * The newest part of the history that is not loaded yet, null when all is. The newest comes first, so that a screen
 * shows the present within seconds; a part has whole cases, so that no number of a later time waits for an earlier part.
 */
export function nextPart(simulator: Simulator, anchorMs: number, state: WorkflowState): NextPart | null {
  const { blockMs } = simulator;
  const oldestBlock = Math.floor((anchorMs - HISTORY_MS) / blockMs);
  const endBlock = state.loadedFromBlock ?? Math.floor(anchorMs / blockMs) + 1;
  if (endBlock <= oldestBlock) return null;
  const isFirst = state.loadedFromBlock === null;
  const backMs = isFirst ? anchorMs - simulator.recentMs : endBlock * blockMs - PART_MS;
  const fromBlock = Math.max(oldestBlock, Math.floor(backMs / blockMs));
  const detailFromMs = anchorMs - (isFirst ? RECENT_DETAIL_MS : DETAIL_MS);
  const part = { fromBlock, endBlock, detailFromMs, detailToMs: state.detailFromMs, toMs: anchorMs };
  const after = { ...state, loadedFromBlock: fromBlock, detailFromMs };
  return { part, after, fromMs: fromBlock * blockMs };
}

/** How much of the history is loaded, 0 to 1. */
export function loadedShare(simulator: Simulator, anchorMs: number, { loadedFromBlock }: WorkflowState): number {
  if (loadedFromBlock === null) return 0;
  return Math.min(1, (anchorMs - loadedFromBlock * simulator.blockMs) / HISTORY_MS);
}
