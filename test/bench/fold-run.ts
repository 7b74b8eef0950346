import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Processor } from '../../services/processor/processor.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { eventsTopic, SLICES_TOPIC, VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';
import type { Arrival } from './catch-up-workload.ts';
import { packageRoot } from './package-root.ts';
import { PackedLog, PLACE_BYTES } from './packed-log.ts';

/** The workflow of every catalogue that the folds are measured with. */
export const WORKFLOW = 'bench';
const POLL_MS = 10;

/** What is folded. */
export interface FoldWork {
  /** YAML. */
  readonly catalogue: string;
  /** In the order of the topic. */
  readonly records: Iterable<Arrival>;
  readonly partitions: number;
  /** An empty folder for the store. */
  readonly folder: string;
}

/** What one catch-up took. */
export interface FoldResult {
  readonly events: number;
  readonly durationMs: number;
  readonly cpuMs: number;
  /** Resident memory at its greatest, and of that what the log holds. */
  readonly peakBytes: number;
  readonly logBytes: number;
  readonly snapshots: number;
}

/** What was folded, with the store that has it; the caller closes that. */
export interface Folded {
  readonly result: FoldResult;
  readonly catalogue: Catalogue;
  readonly store: ClickHouseStore;
}

/** Runs the folds of this process over a log that is there until every event and every value is stored. */
export async function runFolds({ catalogue: text, records, partitions, folder }: FoldWork): Promise<Folded> {
  const clock = new SystemClock();
  const catalogue = readCatalogue(text);
  const registry = await LockFileRegistry.open(join(packageRoot, 'schemas', 'schemas.lock.json'));
  const codec = await MessageCodec.create(registry);
  const log = new PackedLog({
    clock,
    forgets: (topic) => topic === SLICES_TOPIC,
    isRead: (topic) => topic !== VALUES_TOPIC,
  });
  await log.createTopic(eventsTopic(WORKFLOW), partitions);
  const { events, bytes } = fill(log, records, codec, catalogue, partitions);
  const store = new ClickHouseStore({
    transport: await ChdbTransport.open(join(folder, 'store')),
    migrationsPath: join(packageRoot, 'deploy', 'clickhouse'),
  });
  await store.migrate();
  let snapshots = 0;
  const observer = {
    applied() {},
    published: (stage: string, published: number) => (snapshots += stage === 'aggregate' ? published : 0),
    stored() {},
    failed: (stage: string, step: string, error: unknown) => console.error(stage, step, error),
    recovered() {},
  };
  const processor = await Processor.open({ catalogue, partitions, epoch: 0, log, store, codec, clock, observer });
  processor.assign(processor.allPlaces);
  await processor.restore();
  resetPeak();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const running = processor.run();
  await settled(processor, log, partitions);
  const durationMs = performance.now() - startMs;
  const used = process.cpuUsage(cpu);
  const cpuMs = (used.user + used.system) / 1_000;
  const result = { events, durationMs, cpuMs, peakBytes: peakBytes(), logBytes: bytes, snapshots };
  processor.stop();
  await running;
  return { result, catalogue, store };
}

function readCatalogue(text: string): Catalogue {
  const { catalogue, problems } = parseCatalogue(text, 'bench.yaml', { calendarVersion: 'bench' });
  if (catalogue === null) throw new Error(JSON.stringify(problems));
  return catalogue;
}

/** Fills the log, the KPIs in force from the start. */
function fill(
  log: PackedLog,
  records: Iterable<Arrival>,
  codec: MessageCodec,
  catalogue: Catalogue,
  partitions: number,
): { readonly events: number; readonly bytes: number } {
  const topic = eventsTopic(WORKFLOW);
  const definitions = [...catalogue.kpis.values()].map(({ definition }) => definition.hash);
  const control = codec.encode({ type: 'control', definitions, filling: [] });
  for (let partition = 0; partition < partitions; partition++)
    log.load({ topic, partition, key: null, value: control }, 0);
  let [events, bytes] = [0, 0];
  for (const { caseId, id, activity, team, timeMs, arrivedMs, value: amount = null } of records) {
    const event = { workflow: WORKFLOW, caseId, id, kind: 'event', activity, timeMs, dimensions: { team } } as const;
    const decimal = amount === null ? null : { unscaled: BigInt(amount), scale: 0 };
    const value = codec.encode({ type: 'event', event: { ...event, value: decimal, target: null, importId: null } });
    const key = Buffer.from(caseId);
    events++;
    bytes += key.length + value.length + PLACE_BYTES;
    log.load({ topic, partition: partitionOf(caseId, partitions), key, value }, arrivedMs);
  }
  return { events, bytes };
}

/** Resolves when what the log holds now is in stored values. */
async function settled(processor: Processor, log: PackedLog, partitions: number): Promise<void> {
  const ends = async (topic: string): Promise<number[]> =>
    Promise.all(Array.from({ length: partitions }, (_, p) => log.endOffset(topic, p)));
  const until = async (stage: string, topic: string, done: (task: Task, end: number) => boolean): Promise<void> => {
    const wanted = await ends(topic);
    for (;;) {
      const tasks = (await processor.status()).filter((task) => task.stage === stage);
      if (tasks.every((task) => done(task, wanted[task.partition]!))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  await until('aggregate', eventsTopic(WORKFLOW), ({ storedOffset }, end) => storedOffset >= end - 1);
  await until('roll', SLICES_TOPIC, ({ nextOffset, unstored }, end) => nextOffset >= end && unstored === 0);
}

type Task = Awaited<ReturnType<Processor['status']>>[number];

/** The greatest resident memory since `resetPeak`; Linux only. */
function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

function resetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}
