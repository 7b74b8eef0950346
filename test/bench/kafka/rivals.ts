import type { Stage } from './stage.ts';
import type { CatchUp, Recovery } from './takt-round.ts';

/** An engine that takt is compared with, as the rivals' README runs it. */
export interface Rival {
  /** As figures have it. */
  readonly name: string;
  /** As --only names it; several ways of one engine share it. */
  readonly engine: 'kafka-streams' | 'flink' | 'clickhouse';
  readonly program: string;
  /** Its name in their results, and its settings. */
  readonly args: readonly string[];
}

export const KAFKA_STREAMS: Rival = {
  name: 'Kafka Streams',
  engine: 'kafka-streams',
  program: 'run_a.py',
  args: ['eos100', 'guarantee=exactly_once_v2', 'commit=100'],
};
export const FLINK: Rival = {
  name: 'Flink',
  engine: 'flink',
  program: 'run_d.py',
  args: ['hashmap', 'backend=hashmap'],
};
/** Its Kafka engine, the messages taken apart in SQL. */
export const CLICKHOUSE_RAW: Rival = {
  name: 'ClickHouse (SQL on bytes)',
  engine: 'clickhouse',
  program: 'run_b.py',
  args: ['raw2', 'FMT=raw', 'CONSUMERS=2', 'FLUSH_MS=2000', 'BLOCK=1048576'],
};
/** Its Kafka engine, the messages read as Avro. */
export const CLICKHOUSE_AVRO: Rival = {
  name: 'ClickHouse (Avro)',
  engine: 'clickhouse',
  program: 'run_b.py',
  args: ['avro2', 'CONSUMERS=2'],
};

/** Latencies of a live load in ms, as the rivals' runner has them. */
export interface LiveLatency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly cpuS: number;
}

/** One way of an engine through all events. `closed`: cases that are closed. Throws when its answer is not the golden one. */
export async function rivalCatchUp(stage: Stage, rival: Rival, closed: number): Promise<CatchUp> {
  const result = await run(stage, 'catchup', rival, closed);
  checkGolden(rival, result);
  return {
    totalS: numberOf(result, 'total_s'),
    cpuS: numberOf(result, 'cpu_s'),
    peakBytes: numberOf(result, 'rss_mb') * 1024 ** 2,
    brokerCpuS: numberOf(result, 'broker_cpu_s'),
  };
}

/** Kills the engine with SIGKILL once it has committed half of the events. Throws when its answer is not the golden one. */
export async function rivalKill(stage: Stage, rival: Rival, closed: number): Promise<Recovery> {
  const result = await run(stage, 'kill', rival, closed);
  checkGolden(rival, result);
  return {
    storedShare: numberOf(result, 'committed_at_kill') / numberOf(result, 'records'),
    restartS: numberOf(result, 'restart_to_complete_s'),
  };
}

/** 5,000 events/s for a minute, the first 10 s left out. Throws when an event never came out. */
export async function rivalLive(stage: Stage, rival: Rival): Promise<LiveLatency> {
  const result = await run(stage, 'live', rival, 0);
  const unseen = numberOf(result, 'unseen');
  if (unseen > 0) throw new Error(`${rival.name}: ${unseen} events were never seen in a result`);
  return {
    count: numberOf(result, 'n'),
    p50: numberOf(result, 'p50'),
    p95: numberOf(result, 'p95'),
    p99: numberOf(result, 'p99'),
    cpuS: numberOf(result, 'cpu_s'),
  };
}

type Result = Readonly<Record<string, unknown>>;

function run(
  { broker, peers }: Stage,
  mode: string,
  { program, args, engine }: Rival,
  closed: number,
): Promise<Result> {
  const [name, ...settings] = args;
  // Their program for ClickHouse has to be told how many closed cases end the run.
  const more = engine === 'clickhouse' ? [`EXPECT=${closed}`] : [];
  return peers.measure(broker.address, program, [mode, name!, ...settings, ...more]);
}

function checkGolden({ name }: Rival, result: Result): void {
  const wrong = ['bad', 'missing', 'extra'].filter((field) => result[field] !== 0);
  if (wrong.length > 0 || !(numberOf(result, 'ok') > 0))
    throw new Error(`${name} did not give the golden answer: ${JSON.stringify(result)}`);
}

function numberOf(result: Result, field: string): number {
  const value = result[field];
  if (typeof value !== 'number')
    throw new Error(`a result of the rivals has no number ${field}: ${JSON.stringify(result)}`);
  return value;
}
