import { expect, test } from 'vitest';
import { ALERT_FAULT_KINDS, type AlertFaults } from './faults.ts';
import { runAlertSeed } from './run-seed.ts';

// 10,000 would take four minutes and more under CI.
const SEEDS = Number(process.env['TAKT_SEEDS'] ?? (process.env['CI'] === 'true' ? 4_000 : 1_000));
const FIRST_SEED = Number(process.env['TAKT_FIRST_SEED'] ?? 1);
const EACH_FAULT_MIN = 200;

test(
  `reliability 15 and 16: ${SEEDS} random schedules alert as the recorded values say`,
  { timeout: 1_200_000 },
  async () => {
    const faults: AlertFaults = {};
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const wrong = await runAlertSeed(seed, faults);
      expect(wrong, `again with TAKT_FIRST_SEED=${seed} TAKT_SEEDS=1 npx vitest run test/simulation/alert`).toEqual([]);
    }
    process.stdout.write(`faults: ${JSON.stringify(faults)}\n`);
    const rare = ALERT_FAULT_KINDS.filter((kind) => (faults[kind] ?? 0) < EACH_FAULT_MIN);
    expect(SEEDS < 1_000 ? [] : rare).toEqual([]);
  },
);
