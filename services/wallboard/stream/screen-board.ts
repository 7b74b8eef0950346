import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { Screen, Tile } from '../../shared/core/screen/screen.ts';
import type { ScreenFrame, TileContent } from '../../shared/core/screen/wall-message.ts';
import { alertsContent } from '../alerts.ts';
import type { LiveAlerts } from '../live/live-alerts.ts';
import type { LiveValues } from '../live/live-values.ts';
import { screenFrame } from '../screen-frame.ts';
import { tileContent } from '../tile-content.ts';
import type { StreamClient } from './stream-client.ts';

/** What a board is filled from. */
export interface BoardSources {
  readonly catalogue: Catalogue;
  readonly live: LiveValues;
  readonly alerts: LiveAlerts;
}

/** One screen that somebody watches: what its tiles show now, and who listens. */
export class ScreenBoard {
  readonly frame: ScreenFrame;
  readonly clients = new Set<StreamClient>();
  private readonly tiles: readonly Tile[];
  private readonly catalogue: Catalogue;
  private readonly live: LiveValues;
  private readonly alerts: LiveAlerts;
  private readonly workflows: ReadonlySet<string>;
  private readonly dirty = new Set<number>();
  private contents: TileContent[];

  constructor(screen: Screen, { catalogue, live, alerts }: BoardSources) {
    this.frame = screenFrame(screen, catalogue);
    this.workflows = new Set(this.frame.workflows.map(({ name }) => name));
    this.tiles = screen.tiles;
    this.catalogue = catalogue;
    this.live = live;
    this.alerts = alerts;
    this.contents = this.tiles.map((tile) => this.compute(tile));
  }

  private compute(tile: Tile): TileContent {
    if (tile.kind === 'alerts') return alertsContent(this.alerts.episodes(), this.workflows, this.catalogue);
    const kpi = this.catalogue.kpis.get(tile.kpi);
    if (kpi === undefined) return { kind: 'number', shown: null, points: [], series: 0 };
    return tileContent(tile, kpi, this.live.seriesOf(kpi.definition.hash));
  }

  /** Notes that an alert changed; gives whether a tile here shows alerts. */
  touchAlerts(): boolean {
    for (const [index, { kind }] of this.tiles.entries()) if (kind === 'alerts') this.dirty.add(index);
    return this.dirty.size > 0;
  }

  /** Notes that values of a definition changed; gives whether a tile here shows it. */
  touch(definition: string): boolean {
    for (const [index, tile] of this.tiles.entries()) {
      if (tile.kind === 'alerts') continue;
      if (this.catalogue.kpis.get(tile.kpi)?.definition.hash === definition) this.dirty.add(index);
    }
    return this.dirty.size > 0;
  }

  /** The tiles that changed since the last call, by index; null when none shows anything else. */
  changes(): Readonly<Record<string, TileContent>> | null {
    const changed: [string, TileContent][] = [];
    for (const index of this.dirty) {
      const content = this.compute(this.tiles[index]!);
      if (JSON.stringify(content) === JSON.stringify(this.contents[index])) continue;
      this.contents[index] = content;
      changed.push([String(index), content]);
    }
    this.dirty.clear();
    return changed.length === 0 ? null : Object.fromEntries(changed);
  }

  /** What all tiles show. */
  all(): readonly TileContent[] {
    return this.contents;
  }

  /** Sends an event to everybody who listens. */
  broadcast(event: string): void {
    for (const client of this.clients) client.send(event);
  }
}
