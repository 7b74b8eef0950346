import type { CatalogueReload } from './catalogue-reload.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { JsonMapping } from '../../shared/core/ingest/json-mapping.ts';
import type { MqttPlan } from '../../shared/core/ingest/mqtt-plan.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';
import type { FailingSteps } from '../../shared/runtime/failing-steps.ts';
import type { FoldObserver } from '../../shared/runtime/fold/fold-observer.ts';
import type { Metrics } from '../../shared/runtime/metrics.ts';
import type { OpsDeps } from '../../wallboard/ops-routes.ts';
import type { HeartbeatPlan, ServiceName } from '../wiring.ts';
import type { Backbone } from './backbone.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { ServiceState } from './service-state.ts';

/** What a service does when another catalogue comes; absent: nothing. */
export interface ReloadEars {
  /** Something of it is new: as CatalogueReload says. */
  begin?: (next: Catalogue, shown: Catalogue) => Promise<void>;
  show?: (shown: Catalogue) => Promise<void>;
  onShown?: () => void;
}

/** What a service of a cluster is made of. */
export interface ServiceContext {
  readonly service: ServiceName;
  readonly instance: string;
  readonly settings: ClusterSettings;
  readonly backbone: Backbone;
  /** What was in force when the process started. */
  readonly catalogue: Catalogue;
  /** As its files say it now, without what was decided of label sets. */
  readonly asWritten: () => Catalogue | null;
  /** All that is to be computed then, with takt's own part. */
  readonly whole: Catalogue;
  /** Adds takt's own part to a catalogue. */
  readonly wholeOf: (catalogue: Catalogue) => Catalogue;
  /** The catalogue, screens and channels in force now, and what is told of another one. */
  readonly reload: CatalogueReload;
  readonly reloaded: ReloadEars;
  readonly channelsOf: (catalogue: Catalogue) => Map<string, Notifier>;
  readonly partitions: number;
  readonly cluster: ClusterStatus;
  readonly metrics: Metrics;
  readonly failing: FailingSteps;
  /** Tells metrics, log and `failing`. */
  readonly observer: FoldObserver;
  readonly logger: Logger;
  readonly keyHash: string | null;
  readonly mappings: ReadonlyMap<string, JsonMapping>;
  readonly mqtt: MqttPlan | null;
  readonly heartbeat: HeartbeatPlan | null;
  /** The built pages. */
  readonly webPath: string;
}

/** Opens a service; `ops`: what the process tells about itself. Throws what log and store throw. */
export type OpenService = (context: ServiceContext, ops: OpsDeps) => Promise<Service>;

/** One service of a cluster in this process. */
export interface Service {
  /** Settles when its work ends; rejects with what made it halt. */
  readonly ended: Promise<void>;
  state(): Promise<ServiceState>;
  /** Routes beside those that every process has; absent: none. */
  readonly register?: (app: FastifyInstance) => void;
  /** Sets gauges before metrics are read; absent: none. */
  readonly gauges?: () => void | Promise<void>;
  /** Ends what listens, before requests are cut off; absent: nothing does. */
  readonly hangUp?: () => void;
  /** Stores what there is, and ends. */
  stop(): Promise<void>;
}
