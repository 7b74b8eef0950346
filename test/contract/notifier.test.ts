import { expect, test } from 'vitest';
import { LogNotifier } from '../../services/shared/adapters/notify/log-notifier.ts';
import { MemoryNotifier } from '../../services/shared/adapters/notify/memory-notifier.ts';
import type { Notification } from '../../services/shared/ports/notifier.ts';
import { notifierContract } from './notifier.ts';
import { promisesOf, promisesTested } from './promises.ts';

notifierContract('memory', () => {
  const notifier = new MemoryNotifier();
  return {
    notifier,
    received: () => [...notifier.delivered],
    refuseNext: (reason) => notifier.failNext({ reason, retryable: true, retryAfterMs: null }),
  };
});

for (const kind of ['log', 'log that answers later'] as const) {
  notifierContract(kind, () => {
    const lines: string[] = [];
    const refusals: string[] = [];
    const take = (line: string): void => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw new Error(refusal);
      lines.push(line);
    };
    return {
      notifier: new LogNotifier(kind === 'log' ? take : async (line) => take(line)),
      received: () => lines.map((line) => JSON.parse(line) as Notification),
      refuseNext: (reason) => refusals.push(reason),
    };
  });
}

test('the promises of the port and the tests of the suite are the same', () => {
  expect(promisesTested('test/contract/notifier.ts')).toEqual(promisesOf('services/shared/ports/notifier.ts'));
});

test('log: a message is one line, whatever it holds', async () => {
  const lines: string[] = [];
  await new LogNotifier((line) => void lines.push(line)).send({ key: 'k', title: 'a\nb', body: 'c\r\nd' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\r\n]/);
});
