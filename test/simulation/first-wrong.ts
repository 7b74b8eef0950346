import type { Guard } from './take-away.ts';

const SEEDS_MAX = 2_000;
/** What was put in the place of a guard is broken itself. */
export const BROKEN = /(Type|Reference|Syntax)Error/;

/**
 * What goes wrong without a guard in the first seed that notices, and prints which that is; null: in 2,000 seeds nothing.
 * A seed of `tryFirst` (by rule and name of the guard, 1 to 2,000) goes before the others.
 */
export async function firstWrong(
  guard: Guard,
  run: (seed: number) => Promise<readonly string[]>,
  tryFirst: Readonly<Record<string, number>>,
): Promise<string | null> {
  const restore = guard.takeAway();
  const known = tryFirst[`${guard.rule} ${guard.name}`] ?? 1;
  if (known > SEEDS_MAX) throw new Error(`a guard has to be missed within ${SEEDS_MAX} seeds, not in seed ${known}`);
  try {
    for (let n = 0; n <= SEEDS_MAX; n++) {
      const seed = n === 0 ? known : n;
      const [wrong] = await run(seed);
      if (wrong === undefined) continue;
      process.stdout.write(`${guard.rule} ${guard.name}: seed ${seed}: ${wrong.split('\n')[0]}\n`);
      return wrong;
    }
  } finally {
    restore();
  }
  return null;
}
