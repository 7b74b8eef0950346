import type { Kpi } from '../catalogue/catalogue.ts';
import type { WindowSpec } from '../definition.ts';
import type { Judgement } from '../alert/judgement.ts';
import type { AlertState } from '../messages.ts';
import type { Severity } from '../alert/rule.ts';
import type { Tile } from './screen.ts';
import type { NamedShift } from '../calendar/calendar.ts';
import type { TilePlace } from './screen-layout.ts';

/** Texts by language. */
export type Texts = Readonly<Record<string, string>>;

/** What people see of a KPI before it has a value. */
export interface KpiFace {
  readonly kpi: string;
  readonly workflow: string;
  readonly name: Texts;
  /** Empty: none. */
  readonly unit: string;
  /** The value is a share of one, shown in percent. */
  readonly percent: boolean;
  /** It comes in fractions: always as many digits behind the point, so that nothing jumps. */
  readonly fixed: boolean;
  readonly better: Kpi['better'];
  /** Where nothing else is said of the series; null: nothing is. */
  readonly target: number | null;
  readonly baseline: number | null;
  /** Without the dates of a calendar. */
  readonly window: WindowSpec;
}

/** One tile before it has content. */
export interface TileFrame {
  readonly kind: Tile['kind'];
  readonly place: TilePlace;
  /** Null: alerts. */
  readonly face: KpiFace | null;
  /** The labels that the screen names. */
  readonly labels: Readonly<Record<string, string>>;
  /** Rows of a table. */
  readonly worst: number;
  /** Labels that the screen leaves open: the tile says of which series it speaks. */
  readonly openLabels: readonly string[];
}

/** A workflow on a screen: how old its data may be before it is late, by its disorder and idle time-out. */
export interface WorkflowFrame {
  readonly name: string;
  readonly expectedAgeMs: number;
}

/** A screen before it has content. */
export interface ScreenFrame {
  readonly name: string;
  readonly title: Texts;
  readonly timezone: string;
  readonly columns: number;
  readonly rows: number;
  readonly tiles: readonly TileFrame[];
  readonly workflows: readonly WorkflowFrame[];
}

/** The last value of a series: the row that GET /v1/values gives. */
export interface ShownValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
  readonly samples: number;
  readonly state: 'provisional' | 'final' | 'backfilling';
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** Of a window that is a shift: which one. */
  readonly shift?: NamedShift;
  /** When it was published; null where that is not known any more. */
  readonly changedMs: number | null;
  readonly judgement: Judgement | null;
  /** What it is to reach, in this window and for these labels; null: nothing is said. */
  readonly target: number | null;
  /** What was planned for this window: of a unit so far by now; null: nothing. */
  readonly planned: number | null;
}

/** Window end and value. */
export type HistoryPoint = readonly [endMs: number, value: number | null];

/** An alert on a tile. */
export interface ShownAlert {
  readonly rule: string;
  /** Null: the catalogue does not know its KPI any more. */
  readonly face: KpiFace | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly severity: Severity;
  /** When it fired, ended or became pending. */
  readonly sinceMs: number;
  readonly value: number | null;
}

/** What a tile shows now. `series`: how many match the tile's labels. */
export type TileContent =
  | {
      readonly kind: 'number';
      /** Null: no event has made a value yet. */
      readonly shown: ShownValue | null;
      readonly points: readonly HistoryPoint[];
      readonly series: number;
    }
  | { readonly kind: 'table'; readonly rows: readonly ShownValue[]; readonly series: number }
  | {
      readonly kind: 'alerts';
      /** How many rules watch. */
      readonly rules: number;
      /** The most severe first. */
      readonly firing: readonly ShownAlert[];
      readonly firingCount: number;
      readonly pending: readonly ShownAlert[];
      /** What fired and ended in the last day, the latest first. */
      readonly recent: readonly ShownAlert[];
    };

/** Whether the work behind the numbers goes on. */
export interface PipelineState {
  /** starting: it works through what the log held at the start. failing: a step fails and is tried again. */
  readonly state: 'running' | 'starting' | 'failing' | 'halted';
  readonly reasons: readonly string[];
  readonly workflows: Readonly<Record<string, WorkflowState>>;
  /** KPIs whose new definition is being computed, and the share of it that is done, 0 to 1; absent: none. */
  readonly recomputing?: Readonly<Record<string, number>>;
  /** The catalogue's files have changed and are wrong; absent: they are not. */
  readonly catalogue?: CatalogueNotice;
}

/** A changed catalogue that was not taken in. */
export interface CatalogueNotice {
  /** The first of what is wrong with it. */
  readonly problem: string;
  /** When the one that stays in force was read, ms UTC. */
  readonly loadedMs: number;
}

/** How far a workflow's values are. */
export interface WorkflowState {
  /** Event time up to which its values are complete; null before anything told. */
  readonly completeMs: number | null;
  /** Records that wait to be read. */
  readonly lagRecords: number;
}

/** The first message of a stream: everything. */
export interface SnapshotMessage {
  /** Names the page that goes with this server; another one must load itself again. */
  readonly build: string;
  readonly nowMs: number;
  readonly screen: ScreenFrame;
  readonly tiles: readonly TileContent[];
  readonly pipeline: PipelineState;
}

/** Tiles that changed, by their index. */
export interface TilesMessage {
  readonly tiles: Readonly<Record<string, TileContent>>;
}

/** Comes every second: the server lives, and says what time it is. */
export interface BeatMessage {
  readonly build: string;
  readonly nowMs: number;
  readonly pipeline: PipelineState;
}
