import type { Guard } from './take-away.ts';

const SEEDS_MAX = 1_000;
/** What was put in the place of a guard is broken itself. */
export const BROKEN = /(Type|Reference|Syntax)Error/;

/** What goes wrong without a guard in the first seed that notices, and prints which that is; null: in 1,000 seeds nothing. */
export async function firstWrong(
  guard: Guard,
  run: (seed: number) => Promise<readonly string[]>,
): Promise<string | null> {
  const restore = guard.takeAway();
  try {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
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
