import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';

const SEEDS = Number(process.env['TAKT_SEEDS'] ?? (process.env['CI'] === 'true' ? 2_000 : 1_000));
const FIRST_SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);
const EACH_FAULT_MIN = 200;

test(`${SEEDS} random schedules end as the batch recompute says`, { timeout: 1_200_000 }, async () => {
  const faults: Record<string, number> = {};
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const wrong = await runSeed(seed, faults);
    expect(wrong, `seed ${seed}: again with TAKT_FIRST_SEED=${seed} TAKT_SEEDS=1 npx vitest run test/simulation`).toEqual([]);
  }
  console.log(faults);
  if (SEEDS >= 1_000) for (const [fault, count] of Object.entries(faults)) expect(count, fault).toBeGreaterThanOrEqual(EACH_FAULT_MIN);
});
