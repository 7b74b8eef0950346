// One catch-up in a process of its own: node catch-up-run.js CASES PARTITIONS FOLDER; prints its figures as JSON.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Processor } from '../../services/processor/processor.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { loadCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { eventsTopic, SLICES_TOPIC, VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';
import { CatchUpWorkload } from './catch-up-workload.ts';
import { checkMinutes, type MinuteValue, timesByMinute } from './expected-minutes.ts';
import { packageRoot } from './package-root.ts';
import { PackedLog } from './packed-log.ts';

const WORKFLOW = 'bench';
const POLL_MS = 10;

/** What one catch-up took. */
export interface CatchUpResult {
  readonly events: number;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly logBytes: number;
  readonly snapshots: number;
}

/** Fills the log, the KPIs in force from the start; gives how many bytes it holds. */
function fill(
  log: PackedLog,
  workload: CatchUpWorkload,
  codec: MessageCodec,
  catalogue: Catalogue,
  partitions: number,
): number {
  const topic = eventsTopic(WORKFLOW);
  const definitions = [...catalogue.kpis.values()].map(({ definition }) => definition.hash);
  const control = codec.encode({ type: 'control', definitions });
  for (let partition = 0; partition < partitions; partition++)
    log.load({ topic, partition, key: null, value: control }, 0);
  let bytes = 0;
  for (const { caseId, id, activity, team, timeMs, arrivedMs } of workload.records()) {
    const event = { workflow: WORKFLOW, caseId, id, kind: 'event', activity, timeMs, dimensions: { team } } as const;
    const value = codec.encode({ type: 'event', event: { ...event, value: null, target: null, importId: null } });
    const key = Buffer.from(caseId);
    bytes += key.length + value.length;
    log.load({ topic, partition: partitionOf(caseId, partitions), key, value }, arrivedMs);
  }
  return bytes;
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

/** Throws where a value is not what the batch computation gives. */
async function check(store: ClickHouseStore, catalogue: Catalogue, workload: CatchUpWorkload): Promise<void> {
  const values: MinuteValue[] = [];
  for (const { definition } of catalogue.kpis.values()) {
    for (const { kpi, labelMap, windowStartMs, value, samples } of await store.values({ definition: definition.hash }))
      values.push({ kpi, team: labelMap['team'] ?? '', startMs: windowStartMs, value, samples });
  }
  checkMinutes(values, timesByMinute(workload.cases()));
}

/** The greatest resident memory since `resetPeak`; Linux only. */
function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

function resetPeak(): void {
  writeFileSync('/proc/self/clear_refs', '5');
}

const [cases, partitions] = [Number(process.argv[2]), Number(process.argv[3])];
const clock = new SystemClock();
const catalogue = await loadCatalogue(join(packageRoot, 'test', 'bench', 'catch-up.yaml'), {
  calendarVersion: 'bench',
});
const codec = await MessageCodec.create(await LockFileRegistry.open(join(packageRoot, 'schemas', 'schemas.lock.json')));
const log = new PackedLog({
  clock,
  forgets: (topic) => topic === SLICES_TOPIC,
  isRead: (topic) => topic !== VALUES_TOPIC,
});
await log.createTopic(eventsTopic(WORKFLOW), partitions);
const workload = new CatchUpWorkload(cases);
const logBytes = fill(log, workload, codec, catalogue, partitions);
const store = new ClickHouseStore({
  transport: await ChdbTransport.open(join(process.argv[4]!, 'store')),
  migrationsPath: join(packageRoot, 'deploy', 'clickhouse'),
});
await store.migrate();
let snapshots = 0;
const observer = {
  applied() {},
  published: (stage: string, records: number) => (snapshots += stage === 'aggregate' ? records : 0),
  stored() {},
  failed: (stage: string, step: string, error: unknown) => console.error(stage, step, error),
  recovered() {},
};
const options = { catalogue, partitions, epoch: 0, log, store, codec, clock, observer };
const processor = await Processor.open(options);
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
const result: CatchUpResult = {
  events: workload.length,
  durationMs,
  cpuMs,
  peakBytes: peakBytes(),
  logBytes,
  snapshots,
};
processor.stop();
await running;
await check(store, catalogue, workload);
await store.close();
console.log(JSON.stringify(result));
