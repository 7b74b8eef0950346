import { businessTimeOf } from '../calendar/business-time.ts';
import type { Definition } from '../definition.ts';

/** Where clocks begin, 2020-01-01: of times near it sums of products stay small. */
const ORIGIN_MS = 1_577_836_800_000;

/** Turns an instant, ms UTC, into the time by which a KPI counts, ms. It never falls, so differences are ages and lengths. */
export type Clock = (timeMs: number) => number;

const clocks = new WeakMap<Definition, Clock>();

/** The clock of a KPI: that of its calendar, which stands still while nobody works, or of all time. */
export function clockOf(definition: Definition): Clock {
  let clock = clocks.get(definition);
  if (clock === undefined) clocks.set(definition, (clock = makeClock(definition)));
  return clock;
}

function makeClock({ measure }: Definition): Clock {
  const hours = 'hours' in measure ? measure.hours : undefined;
  if (hours === undefined) return (timeMs) => timeMs - ORIGIN_MS;
  const time = businessTimeOf(hours);
  return (timeMs) => time.businessMs(ORIGIN_MS, timeMs);
}
