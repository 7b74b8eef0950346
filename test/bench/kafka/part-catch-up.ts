import type { Figure, Part } from '../figure.ts';
import { catchUpFigures, type EngineRounds, ratioFigures } from './catch-up-figures.ts';
import { takesPart } from './engines.ts';
import type { Decoding } from './processor-process.ts';
import { CLICKHOUSE_AVRO, CLICKHOUSE_RAW, FLINK, KAFKA_STREAMS, rivalCatchUp } from './rivals.ts';
import { fill, type Filled, onStage, type Stage } from './stage.ts';
import { type CatchUp, taktCatchUp } from './takt-round.ts';

/** An engine, and how one of its rounds is run. */
interface Runner {
  readonly name: string;
  readonly run: () => Promise<CatchUp>;
  readonly rounds: CatchUp[];
}

/** In the order of a round. */
function runnersOf(stage: Stage, filled: Filled): Runner[] {
  const takt = (name: string, decoding: Decoding): Runner[] =>
    takesPart(stage.context, 'takt') ? [{ name, run: () => taktCatchUp(stage, filled, decoding), rounds: [] }] : [];
  const rivals = [KAFKA_STREAMS, FLINK, CLICKHOUSE_RAW, CLICKHOUSE_AVRO].filter(({ engine }) =>
    takesPart(stage.context, engine),
  );
  return [
    ...takt('takt', 'own'),
    ...rivals.map((rival) => ({
      name: rival.name,
      run: () => rivalCatchUp(stage, rival, filled.closed),
      rounds: [],
    })),
    ...takt('takt (kafkajs decoding)', 'kafkajs'),
  ];
}

function figuresOf(engines: readonly EngineRounds[], { records }: Filled): Figure[] {
  const [first, ...others] = engines;
  const isTakt = ({ name }: EngineRounds): boolean => name.startsWith('takt');
  const ratios =
    first !== undefined && isTakt(first)
      ? others.filter((other) => !isTakt(other)).flatMap((other) => ratioFigures(first, other, records))
      : [];
  return [
    { name: 'events', value: records, unit: 'records' },
    ...engines.flatMap((engine) => catchUpFigures(engine, records)),
    ...ratios,
  ];
}

/** How fast takt and the rivals go through the events that a broker holds. */
export const kafkaCatchUpPart: Part = {
  name: 'kafka-catch-up',
  about:
    'Kafka Streams, Flink and ClickHouse over one Kafka broker beside takt, the same events and the same work: cases of 50 teams, opened and closed, in 12 partitions, one event in a hundred twice, out of order by up to 30 s; count, sum, min, max and p95 of the time to close by team and minute. takt reads them from a topic of its own schema and does what it always does: it also archives every event and keeps cases and slices, in a ClickHouse (chDB behind its HTTP interface) that is a process of its own. From spawning the engine until the last result is in its sink (Kafka topic; ClickHouse; of takt: values, archive, cases and slices acknowledged by the store), medians over the rounds, in which all engines take turns. Every answer is compared with a batch computation. Processor time and memory are those of the engine; broker and store apart.',
  onDemand: true,
  async run(context) {
    return onStage(context, async (stage) => {
      const filled = await fill(stage);
      const runners = runnersOf(stage, filled);
      for (let round = 1; round <= context.scale.rounds; round++) {
        for (const { name, run, rounds } of runners) {
          context.say(`round ${round} of ${context.scale.rounds}: ${name}`);
          const done = await run();
          rounds.push(done);
          const speed = Math.round(filled.records / done.totalS).toLocaleString('en-US');
          context.say(
            `  ${speed} events/s, ${done.totalS.toFixed(1)} s, processor ${done.cpuS.toFixed(1)} s, ${Math.round(done.peakBytes / 1e6)} MB`,
          );
        }
      }
      return figuresOf(runners, filled);
    });
  },
};
