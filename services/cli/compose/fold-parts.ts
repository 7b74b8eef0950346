import type { Codec } from '../../shared/core/codec.ts';
import { EPOCH } from '../../shared/core/version.ts';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { FoldObserver } from '../../shared/runtime/fold/fold-observer.ts';
import type { ServiceContext } from './service.ts';

/** What every fold of a cluster works with. */
export interface FoldParts {
  /** With takt's own part. */
  readonly catalogue: Catalogue;
  readonly partitions: number;
  readonly epoch: number;
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly observer: FoldObserver;
  readonly isCurrent: () => boolean;
}

/** The parts of a service's folds; `isCurrent`: whether their places are this process's still. */
export function foldParts(context: ServiceContext, isCurrent: () => boolean): FoldParts {
  const { whole: catalogue, partitions, observer, backbone } = context;
  const { log, store, codec, clock } = backbone;
  return { catalogue, partitions, epoch: EPOCH, log, store, codec, clock, observer, isCurrent };
}
