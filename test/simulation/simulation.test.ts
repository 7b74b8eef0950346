import { expect, test } from 'vitest';
import { FAULT_KINDS, type Faults } from './faulty.ts';
import { runQuietSeed, runSeed } from './run-seed.ts';
import { tellProgress, timeoutMs } from './long-run.ts';
import { schedule } from './schedule.ts';
import { tellSeed } from './shrink-seed.ts';
import { someKpis } from './some-kpis.ts';

const QUIET_SEEDS = 20;
const SEEDS = Number(process.env['TAKT_SEEDS'] ?? (process.env['CI'] === 'true' ? 3_000 : 1_000));
const EACH_FAULT_MIN = 200;
const FIRST_SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);

test(
  `${QUIET_SEEDS} random logs with evictions, without faults, end as the batch recompute says`,
  { timeout: 120_000 },
  async () => {
    for (let seed = 1; seed <= QUIET_SEEDS; seed++) {
      const wrong = await runQuietSeed(seed);
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  },
);

test(
  `${SEEDS} random schedules with faults end as the batch recompute says`,
  { timeout: timeoutMs(SEEDS) },
  async () => {
    const faults: Faults = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const run = { kpis: someKpis(seed) };
      expect(await tellSeed(schedule, seed, await runSeed(seed, faults, run), run)).toBe('');
      tellProgress(seed - FIRST_SEED + 1, SEEDS);
    }
    process.stdout.write(`faults: ${JSON.stringify(faults)}\n`);
    if (SEEDS < 1_000) return;
    const rare = FAULT_KINDS.filter((kind) => (faults[kind] ?? 0) < EACH_FAULT_MIN);
    expect(rare, `occurred less than ${EACH_FAULT_MIN} times`).toEqual([]);
  },
);
