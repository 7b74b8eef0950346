import type { KafkaLog } from '../../shared/adapters/log/kafka/kafka-log.ts';
import type { RowEnds } from '../../shared/adapters/store/clickhouse/epoch-rows.ts';
import { planTopic, type TopicNow, type TopicPlan } from '../../shared/core/epoch-plan.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { offsetOf } from '../../shared/core/version.ts';
import type { EpochTopicRow, PositionRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Epoch } from '../../shared/runtime/epoch.ts';
import {
  DEAD_LETTERS_TOPIC,
  SLICES_TOPIC,
  TRANSITIONS_TOPIC,
  VALUES_TOPIC,
  workflowOf,
} from '../../shared/runtime/topics.ts';

/** A topic as it was and is, and what becomes of it. */
export interface TopicChange {
  readonly before: EpochTopicRow;
  /** Null: it does not exist. */
  readonly now: TopicNow | null;
  readonly plan: TopicPlan;
  /** The stage that reads it. */
  readonly stage: keyof typeof STAGES;
  /** By partition of before. */
  readonly positions: readonly (PositionRow | null)[];
}

/** Stages by the names that their rows and positions have. */
const STAGES = {
  aggregate: 'aggregate',
  roll: 'roll',
  alert: 'alert',
  notify: 'notify',
  letters: 'dead-letters',
} as const;

/** Topics that have one partition, always. */
const SINGLE: readonly string[] = [TRANSITIONS_TOPIC, DEAD_LETTERS_TOPIC];

/** The stage that reads a topic. */
function stageOf(topic: string): TopicChange['stage'] {
  if (topic === SLICES_TOPIC) return 'roll';
  if (topic === VALUES_TOPIC) return 'alert';
  if (topic === TRANSITIONS_TOPIC) return 'notify';
  return topic === DEAD_LETTERS_TOPIC ? 'letters' : 'aggregate';
}

/** Name of a stage as positions have it. */
export function positionStage(stage: TopicChange['stage']): string {
  return STAGES[stage];
}

/**
 * Looks at the topics of an epoch, and plans the next one. All topics but the single ones will have as many partitions as
 * the largest of them has. Throws LOG_PARTITIONS_CHANGED where a single one has more than one.
 */
export async function planEpoch(
  { topics }: Epoch,
  log: Pick<KafkaLog, 'describeTopic' | 'startOffset' | 'endOffset'>,
  store: Pick<KpiStore, 'position'>,
  ends: RowEnds,
): Promise<{ readonly partitions: number; readonly changes: readonly TopicChange[] }> {
  const found = new Map<string, TopicNow | null>();
  for (const topic of topics.keys()) found.set(topic, await topicNow(topic, log));
  const counts = [...found].map(([topic, now]) =>
    SINGLE.includes(topic) ? 1 : (now?.partitions ?? topics.get(topic)!.partitions),
  );
  const partitions = Math.max(...counts);
  const changes: TopicChange[] = [];
  for (const [topic, before] of topics) {
    const single = SINGLE.includes(topic);
    const now = found.get(topic)!;
    if (single && now !== null && now.partitions !== 1)
      throw new TaktError(
        'LOG_PARTITIONS_CHANGED',
        `topic ${topic} has ${now.partitions} partitions; it must have one.\nDelete it (its records are in the store), then run this again: takt makes it anew.`,
      );
    const stage = stageOf(topic);
    const positions: (PositionRow | null)[] = [];
    for (let p = 0; p < before.partitions; p++) positions.push(await store.position(STAGES[stage], topic, p));
    const reach = {
      next: positions.map((row) => (row === null ? 0 : offsetOf(row.version) + 1)),
      rowEnds: positions.map(
        (_, p) => ends[stage].get(stage === 'aggregate' ? `${workflowOf(topic)}/${p}` : String(p)) ?? 0,
      ),
    };
    const wanted = widened(now, single ? 1 : partitions);
    changes.push({ before, now, stage, positions, plan: planTopic(before, wanted, reach) });
  }
  return { partitions, changes };
}

async function topicNow(
  topic: string,
  log: Pick<KafkaLog, 'describeTopic' | 'startOffset' | 'endOffset'>,
): Promise<TopicNow | null> {
  const described = await log.describeTopic(topic);
  if (described === null) return null;
  const { identity, partitions } = described;
  const [starts, ends]: [number[], number[]] = [[], []];
  for (let p = 0; p < partitions; p++) {
    starts.push(await log.startOffset(topic, p));
    ends.push(await log.endOffset(topic, p));
  }
  return { identity, partitions, starts, ends };
}

/** With the partitions that it will have: new ones are empty, as is a topic that does not exist. */
function widened(now: TopicNow | null, partitions: number): TopicNow {
  const has = now ?? { identity: '', partitions: 0, starts: [], ends: [] };
  const more = Array.from({ length: partitions - has.partitions }, () => 0);
  return { identity: has.identity, partitions, starts: [...has.starts, ...more], ends: [...has.ends, ...more] };
}
