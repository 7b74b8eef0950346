import { join } from 'node:path';
import { SystemClock } from '../../shared/adapters/clock/system-clock.ts';
import { KafkaLog } from '../../shared/adapters/log/kafka/kafka-log.ts';
import { ClickHouseStore } from '../../shared/adapters/store/clickhouse/clickhouse-store.ts';
import { dropValuesAhead, repartition, rowEnds } from '../../shared/adapters/store/clickhouse/epoch-rows.ts';
import { HttpTransport } from '../../shared/adapters/store/clickhouse/http-transport.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { partitionOf } from '../../shared/core/partition.ts';
import { offsetOf } from '../../shared/core/version.ts';
import type { AppendRecord } from '../../shared/ports/event-log.ts';
import type { PositionRow } from '../../shared/ports/kpi-rows.ts';
import { currentEpoch } from '../../shared/runtime/epoch.ts';
import { SLICES_TOPIC } from '../../shared/runtime/topics.ts';
import type { EpochReport } from '../wiring.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { PRESENT_MS } from './cluster-status.ts';
import { restartedContent } from './epoch-positions.ts';
import { planEpoch, positionStage, type TopicChange } from './epoch-state.ts';
import type { PresenceContent } from './service-state.ts';

const READ_LIMITS = { recordsMax: 2_000, bytesMax: 4 * 1024 * 1024 };

interface Parts {
  readonly log: KafkaLog;
  readonly store: ClickHouseStore;
  readonly transport: HttpTransport;
}

/**
 * Plans the next epoch of a cluster whose topics are not what they were, and begins it where `apply` is true. Each step
 * may be repeated, and the epoch begins with the last one. Throws USAGE while processes of takt run.
 */
export async function newEpoch(settings: ClusterSettings, root: string, apply: boolean): Promise<EpochReport> {
  const clock = new SystemClock();
  const log = await KafkaLog.open(settings.kafka, clock);
  const transport = new HttpTransport(settings.store, clock);
  const store = new ClickHouseStore({ transport, migrationsPath: join(root, 'deploy', 'clickhouse') });
  try {
    await store.migrate();
    const epoch = await currentEpoch(store);
    const { partitions, changes } = await planEpoch(epoch, log, store, await rowEnds(transport));
    const changed = changes.some(({ plan }) => plan.change !== 'none');
    const report = reportOf(epoch.epoch + 1, partitions, changes);
    if (!apply || !changed) return { ...report, applied: false };
    await refuseWhileRunning(store, clock.nowMs());
    await begin(epoch.epoch + 1, partitions, changes, { log, store, transport });
    return { ...report, applied: true };
  } finally {
    await log.close();
    await store.close();
  }
}

async function refuseWhileRunning(store: ClickHouseStore, nowMs: number): Promise<void> {
  const rows = await store.services(nowMs - PRESENT_MS);
  const running = rows.filter(({ content }) => (JSON.parse(content) as PresenceContent).ended !== true);
  if (running.length === 0) return;
  const names = running.map(({ instance }) => instance).join(', ');
  throw new TaktError(
    'USAGE',
    `processes of takt run: ${names}.\nStop them all, or wait ${PRESENT_MS / 1_000} s after one that was killed, then run this again.`,
  );
}

async function begin(epoch: number, partitions: number, changes: readonly TopicChange[], parts: Parts): Promise<void> {
  const { log, store, transport } = parts;
  for (const { before, now, plan } of changes) {
    const { topic } = before;
    if (now === null) await log.createTopic(topic, plan.shifts.length);
    else if (now.partitions < plan.shifts.length) await log.enlargeTopic(topic, plan.shifts.length);
  }
  for (const change of changes) if (change.stage === 'aggregate') await moveMisplaced(change, partitions, log);
  const slicesChanged = changes.some(({ before, plan }) => before.topic === SLICES_TOPIC && plan.change !== 'none');
  const eventsChanged = changes.some(({ stage, plan }) => stage === 'aggregate' && plan.change !== 'none');
  if (slicesChanged || eventsChanged) {
    const roll = changes.find(({ stage }) => stage === 'roll');
    for (const [p, row] of (roll?.positions ?? []).entries())
      await dropValuesAhead(transport, p, row === null ? 0 : offsetOf(row.version) + 1);
  }
  // After that: which values are ahead is known by the partitions that they were in.
  const moved = changes.some(({ plan }) => plan.change === 'partitions');
  if (moved) await repartition(transport, partitions);
  const positions = changes.flatMap((change) => positionsOf(change, slicesChanged || moved));
  await store.insert('positions', positions);
  const rows = [];
  for (const { before, plan } of changes) {
    const { topic } = before;
    const { identity } = (await log.describeTopic(topic))!;
    rows.push({ epoch, topic, identity, partitions: plan.shifts.length, shifts: plan.shifts, version: 0n });
  }
  // With this the epoch has begun.
  await store.insert('epoch_topics', rows);
}

/** Positions of a topic that changed, or whose fold has to compute everything again. */
function positionsOf({ before, stage, plan, positions }: TopicChange, again: boolean): PositionRow[] {
  if (plan.change === 'none' && !(again && stage === 'aggregate')) return [];
  const contents = positions.map((row) => row?.content ?? null);
  return plan.next
    .map((next, partition) => ({
      stage: positionStage(stage),
      topic: before.topic,
      partition,
      version: BigInt(next - 1),
      content: restartedContent(stage, contents, plan.change === 'partitions' ? null : partition),
    }))
    .filter(({ version }) => version >= 0n);
}

/** Writes the events that no fold has read to the partitions that they belong to now. */
async function moveMisplaced({ before, plan }: TopicChange, partitions: number, log: KafkaLog): Promise<void> {
  for (const [partition, { from, to }] of plan.misplaced.entries()) {
    for (let offset = from; offset < to;) {
      const records = await log.read(before.topic, partition, offset, READ_LIMITS);
      const moved = records
        .filter((record) => record.offset < to && record.key !== null)
        .map(({ key, value }): AppendRecord => ({
          topic: before.topic,
          partition: partitionOf(Buffer.from(key!).toString('utf8'), partitions),
          key,
          value,
        }));
      if (moved.length > 0) await log.append(moved);
      offset = records.at(-1)!.offset + 1;
    }
  }
}

function reportOf(epoch: number, partitions: number, changes: readonly TopicChange[]): Omit<EpochReport, 'applied'> {
  return {
    epoch,
    partitions,
    topics: changes.map(({ before, now, plan }) => ({
      topic: before.topic,
      change: now === null ? 'missing' : plan.change,
      partitions: plan.shifts.length,
      lost: plan.lost,
      moved: plan.misplaced.reduce((sum, { from, to }) => sum + to - from, 0),
    })),
  };
}
