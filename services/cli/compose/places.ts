import { KafkaGroup } from '../../shared/adapters/log/kafka/kafka-group.ts';
import type { Group, Place, PlaceOffset } from '../../shared/ports/group.ts';
import type { ServiceContext } from './service.ts';

/** How often lag tools are told how far the folds are. */
const COMMIT_EVERY_MS = 5_000;

/** The share of places that a service's group gives to this process. */
export class Places {
  readonly group: Group;
  private readonly context: ServiceContext;
  private readonly stopped = new AbortController();
  /** Whether the group has told anything yet. */
  private told = false;

  /** `topics`: those whose partitions are shared out. */
  constructor(context: ServiceContext, topics: readonly string[]) {
    const { settings, service, instance, backbone } = context;
    this.context = context;
    const groupId = `takt.${service}`;
    this.group = new KafkaGroup({ settings: settings.kafka, groupId, instance, topics, clock: backbone.clock });
  }

  /** Whether this process may believe that its places are its own. */
  readonly isCurrent = (): boolean => this.group.isCurrent;

  /** Why nothing is done; null while the group has this process in. */
  get waiting(): string | null {
    if (!this.told) return 'waiting for the group to share out partitions';
    return this.group.isCurrent ? null : 'out of touch with the group: its partitions may be others’ now';
  }

  /** Takes part until `stop`; rejects where the brokers do not let it in. */
  async run(assigned: (places: readonly Place[]) => void, stored: () => readonly PlaceOffset[]): Promise<void> {
    const { logger } = this.context;
    const committing = this.commit(stored);
    try {
      await this.group.run((places) => {
        this.told = true;
        logger.info({ places: shown(places) }, 'the group has shared out partitions');
        assigned(places);
      });
    } finally {
      this.stopped.abort('stopped');
      await committing;
    }
  }

  private async commit(stored: () => readonly PlaceOffset[]): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await this.context.backbone.clock.sleep(COMMIT_EVERY_MS, signal);
      await this.group.commit(stored().filter(({ offset }) => offset > 0));
    }
  }

  async stop(): Promise<void> {
    await this.group.leave();
  }
}

/** `events.helpdesk 0,3,4` for each topic. */
function shown(places: readonly Place[]): string[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of places) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return [...topics].map(([topic, partitions]) => `${topic} ${partitions.toSorted((a, b) => a - b).join(',')}`);
}
