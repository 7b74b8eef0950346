import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Screen } from '../../shared/core/screen/screen.ts';
import type {
  BeatMessage,
  CatalogueNotice,
  PipelineState,
  SnapshotMessage,
  TilesMessage,
} from '../../shared/core/screen/wall-message.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { LiveAlerts } from '../live/live-alerts.ts';
import type { LiveValues } from '../live/live-values.ts';
import { Pipeline, type PipelineReport } from '../pipeline.ts';
import { ScreenBoard } from './screen-board.ts';
import { sseEvent, type StreamClient } from './stream-client.ts';

/** Screens that may listen at once. */
export const CLIENTS_MAX = 200;
/** Changes are gathered for so long, so that a burst is one event. */
const GATHER_MS = 100;
/** A screen that hears nothing for some of these knows that it is offline. */
const BEAT_MS = 1_000;

export interface ScreenHubOptions {
  readonly catalogue: () => Catalogue;
  readonly live: LiveValues;
  readonly alerts: LiveAlerts;
  readonly pipeline: () => Promise<PipelineReport>;
  /** Names the pages that go with this server. */
  readonly build: string;
  readonly clock: Clock;
  /** Told how many screens listen. */
  readonly onCount: (clients: number) => void;
}

/** Sends every screen that listens what its tiles show: all of it at once, then what changes, and a heartbeat. */
export class ScreenHub {
  private readonly options: ScreenHubOptions;
  private readonly boards = new Map<string, ScreenBoard>();
  private readonly pipeline = new Pipeline();
  private readonly stopped = new AbortController();
  private readonly removeListeners: readonly (() => void)[];
  private gathering = false;
  private state: PipelineState | null = null;

  constructor(options: ScreenHubOptions) {
    this.options = options;
    const { live, alerts } = options;
    this.removeListeners = [
      live.onChange((definition) => this.touch((board) => board.touch(definition))),
      alerts.onChange(() => this.touch((board) => board.touchAlerts())),
    ];
  }

  /** What is wrong with the catalogue's files, as screens say it; undefined: nothing. */
  get notice(): CatalogueNotice | undefined {
    return this.state?.catalogue;
  }

  /** Throws OVERLOADED when no further screen may listen. */
  checkRoom(): void {
    if (this.count < CLIENTS_MAX) return;
    throw new TaktError('OVERLOADED', `${CLIENTS_MAX} screens listen already; close one, or try again later.`);
  }

  private get count(): number {
    return [...this.boards.values()].reduce((sum, { clients }) => sum + clients.size, 0);
  }

  /** Sends a screen's snapshot to a client, and from then on its changes, until the client or the hub closes. */
  async join(screen: Screen, client: StreamClient): Promise<void> {
    const { live, alerts, catalogue, build, clock } = this.options;
    await Promise.all([live.whenLoaded(), alerts.whenLoaded()]);
    if (this.state === null) await this.look();
    if (client.closed || this.stopped.signal.aborted) return client.close();
    const board = this.boards.get(screen.name) ?? new ScreenBoard(screen, { catalogue: catalogue(), live, alerts });
    this.boards.set(screen.name, board);
    // Others have been told the same tiles, or are told now.
    this.flushBoard(board);
    const pipeline = this.state!;
    const snapshot: SnapshotMessage = {
      build,
      nowMs: clock.nowMs(),
      screen: board.frame,
      tiles: board.all(),
      pipeline,
    };
    client.send(sseEvent('snapshot', snapshot));
    board.clients.add(client);
    client.onClose(() => this.leave(screen.name, board, client));
    this.options.onCount(this.count);
  }

  private leave(name: string, board: ScreenBoard, client: StreamClient): void {
    board.clients.delete(client);
    if (board.clients.size === 0 && this.boards.get(name) === board) this.boards.delete(name);
    this.options.onCount(this.count);
  }

  private touch(note: (board: ScreenBoard) => boolean): void {
    let touched = false;
    for (const board of this.boards.values()) if (note(board)) touched = true;
    if (touched && !this.gathering) void this.gather();
  }

  private async gather(): Promise<void> {
    this.gathering = true;
    await this.options.clock.sleep(GATHER_MS, this.stopped.signal);
    this.gathering = false;
    for (const board of this.boards.values()) this.flushBoard(board);
  }

  private flushBoard(board: ScreenBoard): void {
    const tiles = board.changes();
    if (tiles === null) return;
    const message: TilesMessage = { tiles };
    board.broadcast(sseEvent('tiles', message));
  }

  /** Beats until `stop`. It looks also while nobody listens: how far values are is known only some looks later. */
  async run(): Promise<void> {
    const { build, clock } = this.options;
    while (!this.stopped.signal.aborted) {
      await this.look();
      const message: BeatMessage = { build, nowMs: clock.nowMs(), pipeline: this.state! };
      const event = sseEvent('beat', message);
      for (const board of this.boards.values()) board.broadcast(event);
      await clock.sleep(BEAT_MS, this.stopped.signal);
    }
  }

  /** A look that fails says so: a screen must not take silence for health. */
  private async look(): Promise<void> {
    try {
      this.state = this.pipeline.look(await this.options.pipeline());
    } catch (error) {
      const reasons = [(error as Error).message];
      this.state = { state: 'failing', reasons, workflows: this.state?.workflows ?? {} };
    }
  }

  /** Another catalogue or other screens are shown: whoever listens is let go, and comes back to them. */
  renew(): void {
    const before = [...this.boards.values()];
    this.boards.clear();
    for (const board of before) for (const client of board.clients) client.close();
  }

  /** Ends every stream. */
  stop(): void {
    this.stopped.abort();
    for (const remove of this.removeListeners) remove();
    for (const board of this.boards.values()) for (const client of board.clients) client.close();
  }
}
