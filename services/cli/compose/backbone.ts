import { join } from 'node:path';
import type { Logger } from 'pino';
import { SystemClock } from '../../shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../shared/adapters/log/kafka/kafka-log.ts';
import { ConfluentRegistry } from '../../shared/adapters/registry/confluent-registry.ts';
import { LockFileRegistry } from '../../shared/adapters/registry/lock-file-registry.ts';
import { ClickHouseStore } from '../../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { HttpTransport } from '../../shared/adapters/store/clickhouse/http-transport.ts';
import type { Codec } from '../../shared/core/codec.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { MessageCodec } from '../../shared/runtime/codec.ts';
import { currentEpoch, type Epoch } from '../../shared/runtime/epoch.ts';
import { EpochLog } from '../../shared/runtime/epoch-log.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** What the processes of a cluster share. */
export interface Backbone {
  readonly log: EventLog;
  readonly store: KpiStore;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly epoch: Epoch;
  /** Rejects when a topic is no longer what it was; never resolves. */
  readonly lost: Promise<never>;
  /** Log first: what is under way in it is finished. */
  close(): Promise<void>;
}

/** Waits between tries of what does not answer: doubled up to the limit. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;
/** Of what a server said. */
const SAID_CHARS_MAX = 300;

/**
 * Connects to log, store and registry, and brings the store's tables up to date. What does not answer is waited for, and
 * the logger says so, also what ClickHouse refuses; a refusal of the others is thrown at once: LOG_REFUSED, SCHEMA_REFUSED. Gives null when `stopping`
 * comes first.
 */
export async function openBackbone(
  { kafka, store: server, registry: confluent }: ClusterSettings,
  root: string,
  logger: Logger,
  stopping: AbortSignal,
): Promise<Backbone | null> {
  const clock = new SystemClock();
  const patient = <T>(what: string, work: () => Promise<T>): Promise<T | null> =>
    withPatience(what, work, { clock, logger, stopping });
  const log = await patient('the log', () => KafkaLog.open(kafka, clock));
  if (log === null) return null;
  const transport = new HttpTransport(server, clock);
  const store = new ClickHouseStore({ transport, migrationsPath: join(root, 'deploy', 'clickhouse') });
  const close = async (): Promise<void> => {
    await log.close();
    await store.close();
  };
  try {
    const epoch = await patient('the store', () => migrated(store, server.url));
    const own = await LockFileRegistry.open(join(root, 'schemas', 'schemas.lock.json'));
    const registry = confluent === null ? own : new ConfluentRegistry(confluent, own);
    const codec = await patient('the schema registry', () => MessageCodec.create(registry, own.ids()));
    if (epoch !== null && codec !== null) {
      const shifts = new Map([...epoch.topics].map(([topic, row]) => [topic, row.shifts]));
      return { log: new EpochLog(log, shifts), store, codec, clock, epoch, lost: log.lost, close };
    }
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return null;
}

/** Brings tables up to date. What the server itself says no to may be mended there while takt waits: STORE_FAILED. */
async function migrated(store: KpiStore, url: string): Promise<Epoch> {
  try {
    await store.migrate();
    return await currentEpoch(store);
  } catch (error) {
    if (error instanceof TaktError) throw error;
    const said = (error as Error).message.split('\n')[0]!.slice(0, SAID_CHARS_MAX);
    throw new TaktError(
      'STORE_FAILED',
      `ClickHouse at ${url} refuses: ${said}.\nCheck the user, its password and rights, and that the database exists.`,
      { cause: error },
    );
  }
}

interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/** Tries until it works, unless the error says that trying is of no use; null when `stopping` comes first. */
export async function withPatience<T>(
  what: string,
  work: () => Promise<T>,
  { clock, logger, stopping }: Patience,
): Promise<T | null> {
  let retryMs = 0;
  while (!stopping.aborted) {
    try {
      const result = await work();
      if (retryMs > 0) logger.info(`${what} answers`);
      return result;
    } catch (error) {
      if (!(error instanceof TaktError) || !error.retryable) throw error;
      retryMs = Math.min(Math.max(retryMs * 2, RETRY_MIN_MS), RETRY_MAX_MS);
      logger.warn({ reason: error.message, code: error.code, retryMs }, `waiting for ${what}`);
    }
    await clock.sleep(retryMs, stopping);
  }
  return null;
}
