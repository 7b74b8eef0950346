import { expect, test } from 'vitest';
import type { Faults } from './faulty.ts';
import { runSeed } from './run-seed.ts';
import { someKpis } from './some-kpis.ts';

const SEEDS = Number(process.env['TAKT_SEEDS'] ?? 60);
const REFILLS_MIN = 20;

test(
  `what others put out of force is brought back and computed again, in ${SEEDS} schedules with faults`,
  { timeout: 60_000 + SEEDS * 1_000 },
  async () => {
    const faults: Faults = {};
    for (let seed = 1; seed <= SEEDS; seed++) {
      const style = { refills: true, fillEventsMax: 1 + (seed % 3), cutChance: 0 };
      expect(await runSeed(seed, faults, { kpis: someKpis(seed), style }), `seed ${seed}`).toEqual([]);
    }
    expect(faults['definition removed']).toBeGreaterThan(REFILLS_MIN);
    expect(faults['fill']).toBeGreaterThan(REFILLS_MIN);
  },
);
