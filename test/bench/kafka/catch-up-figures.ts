import type { Figure } from '../figure.ts';
import { median } from '../quantiles.ts';
import type { CatchUp, TaktCatchUp } from './takt-round.ts';

/** The rounds of one engine. */
export interface EngineRounds {
  readonly name: string;
  readonly rounds: readonly (CatchUp | TaktCatchUp)[];
}

/** Medians of an engine. */
interface Medians {
  readonly name: string;
  readonly eventsPerS: number;
  readonly cpuS: number;
  readonly peakMb: number;
}

function mediansOf({ name, rounds }: EngineRounds, records: number): Medians {
  return {
    name,
    eventsPerS: records / median(rounds.map(({ totalS }) => totalS)),
    cpuS: median(rounds.map(({ cpuS }) => cpuS)),
    peakMb: median(rounds.map(({ peakBytes }) => peakBytes / 1e6)),
  };
}

/** Medians over the rounds; of takt's store too, which runs beside it. */
export function catchUpFigures(engine: EngineRounds, records: number): Figure[] {
  const { name, rounds } = engine;
  const { eventsPerS, cpuS, peakMb } = mediansOf(engine, records);
  const speeds = rounds.map(({ totalS }) => records / totalS);
  const figures: Figure[] = [
    { name: `${name}, catch-up`, value: eventsPerS, unit: 'events/s' },
    { name: `${name}, catch-up, slowest round`, value: Math.min(...speeds), unit: 'events/s' },
    { name: `${name}, catch-up, fastest round`, value: Math.max(...speeds), unit: 'events/s' },
    { name: `${name}, processor time`, value: cpuS, unit: 's' },
    { name: `${name}, resident memory, peak`, value: peakMb, unit: 'MB' },
    {
      name: `${name}, processor time of the broker meanwhile`,
      value: median(rounds.map(({ brokerCpuS }) => brokerCpuS)),
      unit: 's',
    },
  ];
  const own = rounds.filter((round): round is TaktCatchUp => 'storeCpuS' in round);
  if (own.length === 0) return figures;
  return [
    ...figures,
    { name: `${name}, processor time of the store`, value: median(own.map(({ storeCpuS }) => storeCpuS)), unit: 's' },
    {
      name: `${name}, resident memory of the store, peak`,
      value: median(own.map(({ storePeakBytes }) => storePeakBytes / 1e6)),
      unit: 'MB',
    },
  ];
}

/** Takt's medians over those of another engine. */
export function ratioFigures(takt: EngineRounds, other: EngineRounds, records: number): Figure[] {
  const [own, theirs] = [mediansOf(takt, records), mediansOf(other, records)];
  const ratio = (what: string, value: number): Figure => ({
    name: `${takt.name} over ${other.name}, ${what}`,
    value,
    unit: 'times',
  });
  return [
    ratio('catch-up', own.eventsPerS / theirs.eventsPerS),
    ratio('processor time', own.cpuS / theirs.cpuS),
    ratio('resident memory', own.peakMb / theirs.peakMb),
  ];
}
