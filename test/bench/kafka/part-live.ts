import type { Figure, Part } from '../figure.ts';
import { median } from '../quantiles.ts';
import { takesPart } from './engines.ts';
import { FLINK, KAFKA_STREAMS, type LiveLatency, rivalLive } from './rivals.ts';
import { onStage, type Stage } from './stage.ts';
import { RATE_PER_S, type TaktLive, taktLive } from './takt-live.ts';

interface Runner {
  readonly name: string;
  readonly run: () => Promise<LiveLatency | TaktLive>;
  readonly rounds: (LiveLatency | TaktLive)[];
}

function runnersOf(stage: Stage): Runner[] {
  const takt: Runner[] = takesPart(stage.context, 'takt')
    ? [{ name: 'takt', run: () => taktLive(stage), rounds: [] }]
    : [];
  const rivals = [KAFKA_STREAMS, FLINK].filter(({ engine }) => takesPart(stage.context, engine));
  return [...takt, ...rivals.map((rival) => ({ name: rival.name, run: () => rivalLive(stage, rival), rounds: [] }))];
}

function figuresOf({ name, rounds }: Runner): Figure[] {
  const of = <Round>(what: string, unit: string, all: readonly Round[], get: (round: Round) => number): Figure[] =>
    all.length === 0 ? [] : [{ name: `${name}, ${what}`, value: median(all.map(get)), unit }];
  const own = rounds.filter((round): round is TaktLive => 'rows' in round);
  return [
    ...of('from the event to its value, p50', 'ms', rounds, ({ p50 }) => p50),
    ...of('from the event to its value, p95', 'ms', rounds, ({ p95 }) => p95),
    ...of('from the event to its value, p99', 'ms', rounds, ({ p99 }) => p99),
    ...of('from the event to its row in the archive, p50', 'ms', own, ({ rows }) => rows.p50),
    ...of('from the event to its row in the archive, p99', 'ms', own, ({ rows }) => rows.p99),
    ...of('processor time of the minute', 's', rounds, ({ cpuS }) => cpuS),
    ...of('processor time of the store meanwhile', 's', own, ({ storeCpuS }) => storeCpuS),
  ];
}

/** How long events take through takt, Kafka Streams and Flink while they come. */
export const kafkaLivePart: Part = {
  name: 'kafka-live',
  about: `${RATE_PER_S} events/s for a minute into one Kafka broker, on an engine that is running and empty; the events of kafka-catch-up as they would come, cases closed after 5 s (median). The k-th case that was closed in a team's minute, from when it was produced until a reader of the engine's topic first saw that count; the first 10 s are left out. Of takt also from each event until its row can be read in ClickHouse (asked ten times a second, so up to 100 ms late). takt, Kafka Streams and Flink in turns, medians over the rounds; takt's values are compared with a batch computation.`,
  onDemand: true,
  async run(context) {
    return onStage(context, async (stage) => {
      const runners = runnersOf(stage);
      for (let round = 1; round <= context.scale.rounds; round++) {
        for (const { name, run, rounds } of runners) {
          context.say(`round ${round} of ${context.scale.rounds}: ${name}`);
          const done = await run();
          rounds.push(done);
          context.say(`  p50 ${done.p50} ms, p95 ${done.p95} ms, p99 ${done.p99} ms of ${done.count} cases`);
        }
      }
      return runners.flatMap(figuresOf);
    });
  },
};
