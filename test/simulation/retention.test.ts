import { expect, test } from 'vitest';
import { type Faults, RETENTION_KINDS } from './faulty.ts';
import { timeoutMs } from './long-run.ts';
import { runSeed } from './run-seed.ts';
import { RETENTION, RETENTION_KPIS } from './style.ts';

const SEEDS = Number(process.env['TAKT_SEEDS'] ?? (process.env['CI'] === 'true' ? 600 : 150));
const FIRST_SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);
const EACH_KIND_MIN = 20;

test(
  `${SEEDS} random schedules in which the past is cut off end as the batch recompute of what is left says`,
  { timeout: timeoutMs(SEEDS) },
  async () => {
    const faults: Faults = {};
    const run = { style: RETENTION, kpis: RETENTION_KPIS };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
      expect(await runSeed(seed, faults, run), `seed ${seed}`).toEqual([]);
    process.stdout.write(`faults: ${JSON.stringify(faults)}\n`);
    if (SEEDS < 150) return;
    expect(RETENTION_KINDS.filter((kind) => (faults[kind] ?? 0) < EACH_KIND_MIN)).toEqual([]);
  },
);
