import { expect, test } from 'vitest';
import { ALERT_FAULT_KINDS, type AlertFaults } from './faults.ts';
import { tellProgress, timeoutMs } from '../long-run.ts';
import { tellSeed } from '../shrink-seed.ts';
import { runAlertSeed } from './run-seed.ts';
import { schedule } from './schedule.ts';

const SEEDS = Number(process.env['TAKT_SEEDS'] ?? (process.env['CI'] === 'true' ? 2_000 : 1_000));
const FIRST_SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);
const EACH_FAULT_MIN = 200;

test(
  `reliability 15 and 16: ${SEEDS} random schedules alert as the recorded values say`,
  { timeout: timeoutMs(SEEDS) },
  async () => {
    const faults: AlertFaults = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      expect(await tellSeed(schedule, seed, await runAlertSeed(seed, faults), {})).toBe('');
      tellProgress(seed - FIRST_SEED + 1, SEEDS);
    }
    process.stdout.write(`faults: ${JSON.stringify(faults)}\n`);
    const rare = ALERT_FAULT_KINDS.filter((kind) => (faults[kind] ?? 0) < EACH_FAULT_MIN);
    expect(SEEDS < 1_000 ? [] : rare).toEqual([]);
  },
);
