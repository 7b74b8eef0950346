import { expect, test } from 'vitest';
import { Ticker } from '../../services/processor/ticker.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';

test('a silent partition gets a tick each second; a still one only a few after each event', async () => {
  const clock = new ManualClock(1_000_000);
  const log = new MemoryLog({ clock });
  await log.createTopic('events.w', 1);
  await log.createTopic('events.still', 1);
  const codec = { encode: () => Buffer.from('tick'), decode: () => ({ type: 'tick' }) as const };
  const place = { topic: 'events.w', partition: 0 };
  const still = { topic: 'events.still', partition: 0 };
  const ticker = new Ticker({
    log,
    codec,
    clock,
    places: () => [place, still],
    isStill: (topic) => topic === still.topic,
  });
  const running = ticker.run();
  const pass = async (seconds: number): Promise<number[]> => {
    for (let i = 0; i < seconds; i++) {
      await clock.sleep(0);
      clock.advance(1_000);
      for (let n = 0; n < 3; n++) await clock.sleep(0);
    }
    return [await log.endOffset('events.w', 0), await log.endOffset('events.still', 0)];
  };
  expect(await pass(10)).toEqual([10, 4]);
  await log.append([{ ...still, key: null, value: Buffer.from('event') }]);
  expect(await pass(10)).toEqual([20, 9]);
  expect(await pass(10)).toEqual([30, 9]);
  ticker.stop();
  await running;
});
