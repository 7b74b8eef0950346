import { DERIVED } from './oracle-derived.ts';
import { Random } from './random.ts';
import { DRAWN_APART, KPIS } from './world.ts';

/** Of a hundred schedules so many have all KPIs. */
const ALL_CHANCE = 0.02;
const EACH_CHANCE = 0.07;

/**
 * The KPIs that a schedule begins with: some, another choice for each seed, because all of them at once take several times
 * as long and hide in one another's dice (swarm testing, as in style.ts). What a derived one is computed from comes with it.
 */
export function someKpis(seed: number): readonly string[] {
  const random = new Random(seed ^ 0x5eed);
  const dice = new Random(seed ^ 0x54);
  const apart = DRAWN_APART.filter(() => dice.chance(EACH_CHANCE));
  const all = KPIS.filter((kpi) => !DRAWN_APART.includes(kpi));
  if (random.chance(ALL_CHANCE)) return [...all, ...apart];
  const chosen = new Set(all.filter(() => random.chance(EACH_CHANCE)));
  if (chosen.size === 0) chosen.add(random.pick(all));
  for (const kpi of apart) chosen.add(kpi);
  // A set goes on to what is added while it is gone through.
  for (const kpi of chosen) for (const input of DERIVED[kpi]?.from ?? []) chosen.add(input);
  return [...chosen];
}
