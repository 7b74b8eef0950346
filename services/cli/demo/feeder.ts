import { type DemoState, unloadedState, type WorkflowState, writeDemoState } from './demo-state.ts';
import { DETAIL_MS, HISTORY_MS, loadedShare, nextPart } from './history.ts';
import type { Playback, SimulatedEvent } from './simulator.ts';
import type { Target } from './target.ts';

/** How often what has happened since is sent. */
const LIVE_EVERY_MS = 250;
/** A longer gap is filled by an import, so that it wakes nobody. */
const GAP_LIVE_MS_MAX = 60_000;
/** The first seconds belong to what is live: older history begins after this. */
const HEAD_START_MS = 4_000;
/** How often the state is written. */
const SAVE_EVERY_MS = 1_000;
/** Events of one request, while nothing else goes on and beside what happens live. */
const BATCH_MAX = 2_000;
const BATCH_BEHIND_MAX = 500;
/** Loading of older history, and of the next workflow, waits while so many records have not been read by the folds. */
const WAITING_MAX = 400;
const WAIT_MS = 40;

/** How far the demonstration is; `share` of the history, over all workflows. */
export interface FeederProgress {
  readonly kind: 'history' | 'live' | 'gap' | 'complete';
  readonly workflow: string;
  readonly share: number;
  readonly events: number;
}

export interface FeederOptions {
  readonly dataPath: string;
  readonly state: DemoState;
  readonly playbacks: readonly Playback[];
  readonly target: Target;
  readonly nowMs: () => number;
  readonly onProgress: (progress: FeederProgress) => void;
  /** Default HEAD_START_MS. */
  readonly headStartMs?: number;
}

/**
 * Plays the demonstration into a takt: first the latest hours of every workflow, then what happens now, and beside it the
 * older history, the newest part first. After a pause it fills the gap. The state is written after what was sent.
 */
export class Feeder {
  private readonly options: FeederOptions;
  private readonly stopped = new AbortController();
  private savedMs = 0;
  private saving: Promise<void> = Promise.resolve();
  private events = 0;

  constructor(options: FeederOptions) {
    this.options = options;
  }

  /** Runs until `stop`; rejects with what the target refused. */
  async run(): Promise<void> {
    const ready: Playback[] = [];
    const ends = await Promise.allSettled([this.live(ready), this.load(ready)]);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason as Error;
  }

  /** Ends after the request under way; `run` then resolves once the state is written. */
  stop(): void {
    this.stopped.abort();
  }

  private get ended(): boolean {
    return this.stopped.signal.aborted;
  }

  private stateOf({ simulator }: Playback): WorkflowState {
    const { anchorMs, workflows } = this.options.state;
    return (workflows[simulator.workflow] ??= unloadedState(anchorMs));
  }

  private tell(kind: FeederProgress['kind'], playback: Playback): void {
    const { playbacks, state, onProgress } = this.options;
    const share =
      playbacks.reduce((sum, each) => sum + loadedShare(each.simulator, state.anchorMs, this.stateOf(each)), 0) /
      playbacks.length;
    onProgress({ kind, workflow: playback.simulator.workflow, share, events: this.events });
  }

  /** Loads the newest part of the history that is missing; false when there is none. */
  private async loadPart(playback: Playback, batchMax: number): Promise<boolean> {
    const { simulator } = playback;
    const { state } = this.options;
    const next = nextPart(simulator, state.anchorMs, this.stateOf(playback));
    if (next === null) return false;
    const importId = `demo-${next.part.fromBlock}-${next.part.endBlock}`;
    if (!(await this.import(simulator.workflow, importId, playback.part(next.part), batchMax))) return false;
    // Live events went on meanwhile: only what this part changed is taken over.
    const { loadedFromBlock, detailFromMs } = next.after;
    Object.assign(this.stateOf(playback), { loadedFromBlock, detailFromMs });
    await this.save();
    this.tell('history', playback);
    return true;
  }

  private async fillGap(playback: Playback, nowMs: number): Promise<void> {
    const state = this.stateOf(playback);
    if (nowMs - state.sentToMs <= GAP_LIVE_MS_MAX) return;
    const fromMs = Math.max(state.sentToMs, nowMs - HISTORY_MS);
    const events = playback.between(fromMs, nowMs, nowMs - DETAIL_MS);
    if (!(await this.import(playback.simulator.workflow, `demo-gap-${fromMs}`, events, BATCH_MAX))) return;
    state.sentToMs = nowMs;
    await this.save();
    this.tell('gap', playback);
  }

  /** False when it was stopped in between: the part is then loaded again, whole; what came already counts once. */
  private async import(
    workflow: string,
    importId: string,
    events: readonly SimulatedEvent[],
    batchMax: number,
  ): Promise<boolean> {
    const { target } = this.options;
    if (events.length === 0) return !this.ended;
    await target.begin(workflow, importId);
    for (let from = 0; from < events.length; from += batchMax) {
      while (batchMax < BATCH_MAX && !this.ended && (await target.waiting()) > WAITING_MAX) await this.pause(WAIT_MS);
      if (this.ended) return false;
      const batch = events.slice(from, from + batchMax);
      await target.imported(workflow, importId, batch);
      this.events += batch.length;
    }
    await target.end(workflow, importId, events.at(-1)!.timeMs);
    return true;
  }

  /** The latest hours of each workflow, or the gap since it was on; then the older history. */
  private async load(ready: Playback[]): Promise<void> {
    try {
      for (const playback of this.options.playbacks) {
        if (this.ended) return;
        if (this.stateOf(playback).loadedFromBlock === null) await this.loadPart(playback, BATCH_MAX);
        await this.fillGap(playback, this.options.nowMs());
        if (this.ended) return;
        ready.push(playback);
        this.tell('live', playback);
        // One screen that shows something soon is better than three that do later.
        while (!this.ended && (await this.options.target.waiting()) > WAITING_MAX) await this.pause(WAIT_MS);
      }
      await this.pause(this.options.headStartMs ?? HEAD_START_MS);
      await this.older();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Sends what has happened of the workflows that are ready. */
  private async live(ready: readonly Playback[]): Promise<void> {
    try {
      await this.follow(ready);
    } finally {
      this.stop();
    }
  }

  private async follow(ready: readonly Playback[]): Promise<void> {
    const { target, nowMs } = this.options;
    while (!this.ended) {
      const toMs = nowMs();
      for (const playback of ready) {
        const state = this.stateOf(playback);
        if (toMs <= state.sentToMs) continue;
        const events = playback.between(state.sentToMs, toMs);
        for (let from = 0; from < events.length; from += BATCH_MAX)
          await target.live(playback.simulator.workflow, events.slice(from, from + BATCH_MAX));
        this.events += events.length;
        state.sentToMs = toMs;
      }
      if (toMs - this.savedMs >= SAVE_EVERY_MS) await this.save();
      await this.pause(LIVE_EVERY_MS);
    }
    await this.save();
  }

  /** The rest of the history, a part of each workflow in turn. */
  private async older(): Promise<void> {
    const { playbacks } = this.options;
    let missing = [...playbacks];
    while (missing.length > 0 && !this.ended) {
      const still: Playback[] = [];
      for (const playback of missing) if (await this.loadPart(playback, BATCH_BEHIND_MAX)) still.push(playback);
      missing = still;
    }
    if (!this.ended && playbacks.length > 0) this.tell('complete', playbacks[0]!);
  }

  private save(): Promise<void> {
    this.savedMs = this.options.nowMs();
    this.saving = this.saving.then(() => writeDemoState(this.options.dataPath, this.options.state));
    return this.saving;
  }

  private pause(durationMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.stopped.signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, durationMs);
      this.stopped.signal.addEventListener('abort', end);
      if (this.ended) end();
    });
  }
}
