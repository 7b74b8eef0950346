import { expect, test } from 'vitest';
import { transition } from '../support/transition.ts';
import { Random } from './random.ts';
import { type NotifyScript, runNotify } from './notify-run.ts';

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
  `reliability 15: a crash at each of ${undisturbed.calls} calls, landed or not: every notification arrives, under the same key`,
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

/**
 * A little faster than 1 Hz, so that looks at whole seconds do not always find the same. The wait for others of the group
 * and the group interval each hold it back alone: this fails only without both.
 */
const FLAP_S = 0.93;
const FLAPS: NotifyScript = {
  transitions: Array.from({ length: 2 * Math.floor(300 / FLAP_S) }, (_, i) => [
    i * FLAP_S,
    transition('north', i % 2 === 0 ? 'firing' : 'inactive', i, { notify: ['shout'] }),
  ]),
  repeatedAtS: [200, 601],
  endS: 1_300,
};
const FLAP_CRASHES = 12;

test('reliability 17: what flaps at 1 Hz for ten minutes makes two notifications, whatever crashes meanwhile', async () => {
  const { calls } = await runNotify([], FLAPS);
  for (let i = 0; i <= FLAP_CRASHES; i++) {
    const crash = { at: 1 + Math.floor((i * calls) / (FLAP_CRASHES + 1)), landed: i % 2 === 0 };
    const { problems, said } = await runNotify([crash], FLAPS);
    expect({ crash, problems, said }).toEqual({ crash, problems: [], said: { shout: ['north+', 'north-'] } });
  }
});
