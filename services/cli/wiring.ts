import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import type { WorkflowEvent } from '../shared/core/event.ts';
import type { Schedule } from '../shared/core/job/schedule.ts';
import type { JsonMapping } from '../shared/core/ingest/json-mapping.ts';
import type { Letters } from '../shared/core/letters/letters.ts';
import type { DeadLetter } from '../shared/core/messages.ts';
import type { MqttPlan } from '../shared/core/ingest/mqtt-plan.ts';
import type { LimitedKpi, SeriesLimit } from '../shared/core/series/limit-series.ts';
import type { Screen } from '../shared/core/screen/screen.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { JobOutcome } from '../shared/core/job/job-plan.ts';
import type { HeartbeatReceiver } from '../shared/ports/heartbeat-receiver.ts';
import type { FailingStep } from '../shared/runtime/failing-steps.ts';
import type { RefillRecord } from '../shared/runtime/refill.ts';
import type { DataDirectory } from './data-directory.ts';

/** Where an import writes; each call resolves once the log has flushed. */
interface ImportTarget {
  events(events: readonly WorkflowEvent[]): Promise<void>;
  bracket(workflow: string, importId: string, phase: 'begin' | 'end', maxEventMs: number | null): Promise<void>;
  deadLetters(letters: readonly DeadLetter[]): Promise<void>;
}

/** takt over one data directory, all services in this process. */
export interface Standalone extends ImportTarget {
  readonly letters: Letters;
  query(sql: string, format: string): Promise<Uint8Array>;
  status(): Promise<StatusReport>;
  /** Serves HTTP; gives the address. Throws PORT_IN_USE, BIND_REFUSED. */
  listen(host: string, port: number): Promise<string>;
  /** Reads the catalogue's files again. Throws what is wrong with them; everything stays as it is then. */
  reload(): Promise<ReloadReport>;
  /** Has these KPIs computed again from the archive, all where none is named. Throws KPI_UNKNOWN. */
  refill(kpis: readonly string[]): Promise<readonly RefillRecord[]>;
  /** Settles when the folds end; rejects with what made them halt. */
  readonly ended: Promise<void>;
  /** Stops taking events, stores everything, closes log and store. */
  stop(): Promise<void>;
}

/** What the files of a catalogue and its screens say. */
export interface LoadedCatalogue {
  readonly catalogue: Catalogue;
  /** Wall screens by name. */
  readonly screens: ReadonlyMap<string, Screen>;
}

/** Where a catalogue comes from. */
export interface CatalogueFiles {
  /** Files and folders; the screens are beside them. */
  readonly paths: readonly string[];
  /** What they were like just before they were read for the first time, as runtime/file-signature has it. */
  readonly signature: string;
  /** Reads them. Throws CATALOGUE_INVALID, SCREEN_INVALID, FILE_UNREADABLE. */
  load(): Promise<LoadedCatalogue>;
}

/** The catalogue in force. */
export interface CatalogueReport {
  /** When it was read, milliseconds UTC. */
  readonly loadedMs: number;
  /** What is wrong with the files as they are now; null: nothing. */
  readonly problem: string | null;
  /** KPIs whose definition is new and is being computed; until then the one before is shown. */
  readonly recomputing: readonly string[];
  /** KPIs with more label sets than they may have, and how many there were when that was decided. */
  readonly limited: readonly LimitedKpi[];
}

/** What reading a catalogue again has changed. */
export interface ReloadReport {
  readonly changed: boolean;
  /** Keys of KPIs. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly recomputing: readonly string[];
}

/** The services that are processes of their own in a cluster. */
export type ServiceName = 'ingest' | 'processor' | 'alerter' | 'wallboard' | 'scheduler';

/** How far the folds are. */
export interface StatusReport {
  readonly ready: boolean;
  /** What made folds halt; null while they run. */
  readonly halted: string | null;
  /** Steps of the folds that fail and are tried again. */
  readonly failing: readonly FailingStep[];
  /** Notifications on their way, and rules and channels whose last one was given up. */
  readonly notifications: {
    readonly pending: number;
    readonly failedCount: number;
    /** The latest of them. */
    readonly failed: readonly {
      readonly rule: string;
      readonly channel: string;
      readonly key: string;
      readonly attempts: number;
      readonly reason: string;
      readonly timeMs: number;
    }[];
  };
  /** The catalogue in force, and what of it is being computed. */
  readonly catalogue?: CatalogueReport & { readonly progress: readonly KpiProgress[] };
  /** Null for a log whose size is others' to watch. */
  readonly log: { readonly usedBytes: number; readonly limitBytes: number } | null;
  /** Dead letters that wait for somebody; `quarantined`: or for their time. */
  readonly deadLetters: { readonly open: number; readonly quarantined: number };
  readonly tasks: readonly {
    readonly stage: string;
    readonly topic: string;
    readonly partition: number;
    readonly nextOffset: number;
    readonly endOffset: number;
    readonly storedOffset: number;
    /** Rows that wait for the store. */
    readonly unstored: number;
    readonly watermarkMs: number | null;
    /** Events before it are too late (retention), milliseconds UTC; absent: none are. */
    readonly lateMs?: number;
    readonly openImports: readonly string[];
    /** New definitions (hashes) that are being computed from the archive, and of how many of its events they are. */
    readonly filling?: {
      readonly definitions: readonly string[];
      readonly eventsOfAll: number;
      readonly events: number;
    };
    /** Of roll: it has label sets to compute that no event brings up; absent: none. */
    readonly computing?: true;
    /** In a cluster, where it tells of itself a little earlier than `endOffset` is: what it had not read then. */
    readonly lag?: number;
    /** In a cluster which process has the partition; null: none has. */
    readonly instance?: string | null;
  }[];
  /** Empty where no scheduler runs. */
  readonly jobs: readonly JobReport[];
  readonly heartbeat: HeartbeatReport | null;
  /** Where events are fetched from, beside those that are sent here; empty: nowhere. */
  readonly sources: readonly SourceReport[];
  /** The processes of a cluster; empty where one does everything. */
  readonly services: readonly ServiceReport[];
}

/** How far a new definition is. */
export interface KpiProgress {
  readonly kpi: string;
  /** Share of the archived events that are in it, 0 to 1. */
  readonly share: number;
}

/** A broker that events are fetched from; times in milliseconds UTC. */
export interface SourceReport {
  readonly source: 'mqtt';
  readonly address: string;
  readonly connected: boolean;
  /** Since when it is connected, or is not. */
  readonly sinceMs: number;
  /** Why nothing comes from there; empty while all is well. */
  readonly reason: string;
}

/** One process of a cluster; times in milliseconds UTC. */
export interface ServiceReport {
  readonly service: string;
  readonly instance: string;
  readonly url: string;
  readonly seenMs: number;
  readonly startedMs: number;
  /** ready, starting, stopped, halted, or gone: not heard of. */
  readonly state: string;
  readonly reasons: readonly string[];
}

/** Where one job is; times in milliseconds UTC. */
export interface JobReport {
  readonly job: string;
  readonly nextMs: number | null;
  readonly lastSuccessMs: number | null;
  readonly last: {
    readonly scheduledMs: number;
    readonly attempt: number;
    readonly startedMs: number;
    readonly endedMs: number | null;
    readonly outcome: JobOutcome;
    readonly reason: string;
  } | null;
}

/** Where the heartbeat is; times in milliseconds UTC. */
export interface HeartbeatReport {
  readonly stopped: boolean;
  readonly lastBeatMs: number | null;
  readonly roundTripMs: number | null;
  readonly reason: string;
  readonly receiverHears: boolean | null;
}

/** A clock that moves only when told. */
export interface MovableClock extends Clock {
  advance(durationMs: number): void;
}

/** What main.ts gives to the commands: they know no adapter. */
export interface Wiring {
  /** The catalogue of these files and folders. Throws CATALOGUE_INVALID, FILE_UNREADABLE. */
  loadCatalogue(paths: readonly string[]): Promise<Catalogue>;
  /** A catalogue with what was decided of KPIs with too many label sets, by id, put into it. */
  limitSeries(catalogue: Catalogue, limits: ReadonlyMap<string, SeriesLimit>): Catalogue;
  /** The screens beside the catalogue, and one for each other workflow. Throws SCREEN_INVALID, FILE_UNREADABLE. */
  loadScreens(cataloguePaths: readonly string[], catalogue: Catalogue): Promise<ReadonlyMap<string, Screen>>;
  /** The JSON mappings of a folder, by file name without its ending. Throws MAPPING_INVALID, FILE_UNREADABLE. */
  loadMappings(folder: string): Promise<ReadonlyMap<string, JsonMapping>>;
  /** What is read from an MQTT broker. Throws MQTT_INVALID, FILE_UNREADABLE. */
  loadMqtt(path: string, catalogue: Catalogue): Promise<MqttPlan>;
  /** Opens everything and starts the folds. Throws DATA_LOCKED when another process has the directory. */
  open(directory: DataDirectory, catalogue: Catalogue, options: OpenOptions): Promise<Standalone>;
  /** Runs one service of a cluster until it is to stop. Throws what makes it halt, and USAGE. */
  serve(service: ServiceName, options: ServeOptions): Promise<void>;
  /** Plans the next epoch of a cluster, and begins it where `apply` is true. Throws USAGE while processes run. */
  newEpoch(place: ClusterPlace, apply: boolean): Promise<EpochReport>;
  /** Sends a test message to a channel. Throws CHANNEL_UNKNOWN, NOTIFY_FAILED. */
  testChannel(catalogue: Catalogue, channel: string): Promise<{ readonly key: string }>;
  /** A clock that stands at an instant until it is moved. */
  manualClock(startMs: number): MovableClock;
  /** Reads a cron expression and the address of a receiver. Throws SCHEDULE_INVALID, USAGE. */
  readHeartbeat(schedule: string, url: string | null): HeartbeatPlan;
  /** The catalogue that a new data directory starts with, without the demonstration. */
  readonly starterCatalogue: string;
  /** The folder of the demonstration's workflows: catalogues, screens, simulators. */
  readonly examples: string;
}

/** Where the processes of a cluster meet. */
export interface ClusterPlace {
  /** `kafka://HOST:PORT,…` */
  readonly log: string;
  /** `http://HOST:PORT/DATABASE` */
  readonly store: string;
  /** Absent: the schemas that takt comes with. */
  readonly registry?: string;
}

/** How one service of a cluster is run. */
export interface ServeOptions extends Pick<
  OpenOptions,
  'keyHash' | 'logLevel' | 'mappings' | 'screens' | 'heartbeat' | 'mqtt' | 'files'
> {
  readonly place: ClusterPlace;
  readonly catalogue: Catalogue;
  /** Names this process; the same after a restart, and no other's. */
  readonly instance: string;
  /** Partitions per topic of a new cluster; null: as they are, or the default. */
  readonly partitions: number | null;
  readonly host: string;
  readonly port: number;
  readonly stopping: AbortSignal;
  /** Told the address when it listens. */
  readonly onListening: (url: string) => void;
}

/** What a new epoch of a cluster makes of its topics. */
export interface EpochReport {
  readonly epoch: number;
  readonly partitions: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly change: 'none' | 'missing' | 'recreated' | 'partitions' | 'expired';
    readonly partitions: number;
    /** Records that were removed before they were read. */
    readonly lost: number;
    /** Records that were not read and are written again. */
    readonly moved: number;
  }[];
  /** Whether it has begun; false: this is what it would be. */
  readonly applied: boolean;
}

/** When beats go through the line, and who outside hears of them. */
export interface HeartbeatPlan {
  readonly schedule: Schedule;
  readonly receiver: HeartbeatReceiver | null;
}

export interface OpenOptions {
  /** Null: no job runs here; for commands that open the directory only for their own work. */
  readonly heartbeat: HeartbeatPlan | null;
  readonly logLimitBytes: number;
  /** SHA-256 of the API key in hex, or null. */
  readonly keyHash: string | null;
  readonly logLevel: string;
  /** Mappings of plain JSON by the name that `?mapping=` gives. */
  readonly mappings: ReadonlyMap<string, JsonMapping>;
  /** Read from an MQTT broker, once it serves; null: nothing is. */
  readonly mqtt: MqttPlan | null;
  /** Wall screens by name. */
  readonly screens: ReadonlyMap<string, Screen>;
  /** Read again when they change; null: they are not. */
  readonly files: CatalogueFiles | null;
  /** Instead of the machine's. */
  readonly clock?: Clock;
}
