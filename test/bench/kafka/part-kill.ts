import type { Figure, Part } from '../figure.ts';
import { median } from '../quantiles.ts';
import { takesPart } from './engines.ts';
import { FLINK, rivalKill } from './rivals.ts';
import { fill, onStage } from './stage.ts';
import { type Recovery, taktKill } from './takt-round.ts';

/** Medians over the rounds of an engine. */
function figuresOf(name: string, rounds: readonly Recovery[]): Figure[] {
  return [
    {
      name: `${name}, from starting again until complete`,
      value: median(rounds.map((each) => each.restartS)),
      unit: 's',
    },
    {
      name: `${name}, committed when killed`,
      value: median(rounds.map((each) => each.storedShare * 100)),
      unit: '% of the events',
    },
  ];
}

/** How long takt and Flink take after a crash half-way. */
export const kafkaKillPart: Part = {
  name: 'kafka-kill',
  about:
    'The catch-up of kafka-catch-up, and SIGKILL to the engine once it has committed half of the events (of takt: its stored positions). It is started again at once, under the same name. From then until the last result is in its sink; takt and Flink in turns, medians over the rounds. Every answer is compared with a batch computation.',
  onDemand: true,
  async run(context) {
    return onStage(context, async (stage) => {
      const filled = await fill(stage);
      const engines: { name: string; run: () => Promise<Recovery>; rounds: Recovery[] }[] = [];
      if (takesPart(context, 'takt')) engines.push({ name: 'takt', run: () => taktKill(stage, filled), rounds: [] });
      if (takesPart(context, FLINK.engine))
        engines.push({ name: FLINK.name, run: () => rivalKill(stage, FLINK, filled.closed), rounds: [] });
      for (let round = 1; round <= context.scale.rounds; round++) {
        for (const { name, run, rounds } of engines) {
          context.say(`round ${round} of ${context.scale.rounds}: ${name}`);
          const done = await run();
          rounds.push(done);
          context.say(
            `  complete ${done.restartS.toFixed(1)} s after the start, from ${Math.round(done.storedShare * 100)} %`,
          );
        }
      }
      return engines.flatMap(({ name, rounds }) => figuresOf(name, rounds));
    });
  },
};
