import { afterAll, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { LogNotifier } from '../../services/shared/adapters/notify/log-notifier.ts';
import { MemoryNotifier } from '../../services/shared/adapters/notify/memory-notifier.ts';
import { WebhookNotifier } from '../../services/shared/adapters/notify/webhook-notifier.ts';
import type { Notification } from '../../services/shared/ports/notifier.ts';
import { notification } from '../support/notification.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { notifierContract } from './notifier.ts';
import { promisesOf, promisesTested } from './promises.ts';

notifierContract('memory', () => {
  const notifier = new MemoryNotifier();
  return {
    notifier,
    received: () => [...notifier.delivered],
    refuseNext: (reason) => notifier.failNext({ reason, retryable: true, retryAfterMs: null }),
    secrets: [],
  };
});

const receivers: WebhookReceiver[] = [];
afterAll(() => Promise.all(receivers.map((receiver) => receiver.close())));

for (const kind of ['answers 503', 'is a robot that answers 200 with an errcode'] as const) {
  notifierContract(`webhook that ${kind}`, async () => {
    const receiver = await WebhookReceiver.listen();
    receivers.push(receiver);
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const [token, header] = ['T0KEN-in-the-path', 'Bearer s3cret-of-a-header'];
    return {
      notifier: new WebhookNotifier({
        url: `${receiver.url}/hooks/${token}?key=p4rameter-key`,
        secret: async () => `${secret}\n`,
        headers: async () => ({ Authorization: header }),
        allowPrivate: false,
        clock: new SystemClock(),
      }),
      received: () => receiver.messages(),
      refuseNext: (reason) =>
        receiver.answerNext(
          kind === 'answers 503'
            ? { status: 503, body: reason }
            : { status: 200, body: JSON.stringify({ errcode: 45009, errmsg: reason }) },
        ),
      secrets: [secret, token, header, 'p4rameter-key'],
    };
  });
}

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
      secrets: [],
    };
  });
}

test('the promises of the port and the tests of the suite are the same', () => {
  expect(promisesTested('test/contract/notifier.ts')).toEqual(promisesOf('services/shared/ports/notifier.ts'));
});

test('log: a message is one line, whatever it holds', async () => {
  const lines: string[] = [];
  await new LogNotifier((line) => void lines.push(line)).send({ ...notification(), title: 'a\nb', body: 'c\r\nd' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\r\n]/);
});
