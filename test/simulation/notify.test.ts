import { expect, test } from 'vitest';
import { Random } from './random.ts';
import { runNotify } from './notify-run.ts';

const PAIRS = process.env['CI'] === 'true' ? 1_000 : 200;

const undisturbed = await runNotify([]);

test('without a crash each channel is told what it is to know, in order', () => {
  expect(undisturbed.problems).toEqual([]);
  expect(undisturbed.said).toEqual({
    hook: ['north+ south+', 'north+ south-', 'north-', 'north+', 'mid+', 'north-', 'mid-'],
    shout: ['north+', 'north-', 'north+', 'north-'],
  });
});

test(
  `a crash at each of ${undisturbed.calls} calls, landed or not: every notification arrives, under the same key`,
  { timeout: 300_000 },
  async () => {
    expect(undisturbed.calls).toBeGreaterThan(100);
    for (let at = 1; at <= undisturbed.calls; at++)
      for (const landed of [false, true]) {
        const { problems, said, keys } = await runNotify([{ at, landed }]);
        expect({ at, landed, problems, said, keys }).toEqual({
          at,
          landed,
          problems: [],
          said: undisturbed.said,
          keys: undisturbed.keys,
        });
      }
  },
);

test(`${PAIRS} random runs of up to five crashes in a row`, { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= PAIRS; seed++) {
    const random = new Random(seed);
    const crashes = Array.from({ length: 1 + random.below(5) }, () => ({
      at: 1 + random.below(random.chance(0.5) ? 12 : undisturbed.calls),
      landed: random.chance(0.5),
    }));
    const { problems, said, keys } = await runNotify(crashes);
    expect({ seed, problems, said, keys }).toEqual({
      seed,
      problems: [],
      said: undisturbed.said,
      keys: undisturbed.keys,
    });
  }
});
