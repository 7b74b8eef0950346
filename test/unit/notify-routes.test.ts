import { afterEach, beforeEach, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { WebhookNotifier } from '../../services/shared/adapters/notify/webhook-notifier.ts';
import { createLogger } from '../../services/shared/runtime/logging.ts';
import { testChannel } from '../../services/shared/runtime/channel-test.ts';
import { registerNotify } from '../../services/wallboard/notify-routes.ts';
import { createApp } from '../../services/wallboard/server.ts';
import { messageOf, WebhookReceiver } from '../support/webhook-receiver.ts';

let receiver: WebhookReceiver;
beforeEach(async () => void (receiver = await WebhookReceiver.listen()));
afterEach(() => receiver.close());

/** Asks for a test; gives status and body. */
async function ask(payload: string | object, type = 'application/json'): Promise<{ status: number; body: object }> {
  const clock = new SystemClock();
  const hook = new WebhookNotifier({
    url: receiver.url,
    secret: null,
    headers: async () => ({}),
    allowPrivate: false,
    clock,
  });
  const app = createApp(() => {}, createLogger({ level: 'silent', json: true }));
  registerNotify(app, { testChannel: (name) => testChannel(name, new Map([['hook', hook]]), clock) });
  const headers = { 'content-type': type };
  const answer = await app.inject({ method: 'POST', url: '/v1/notify/test', payload, headers });
  await app.close();
  return { status: answer.statusCode, body: answer.json() };
}

test('a test message goes out once, says that it is one, and its key is answered', async () => {
  const { status, body } = await ask({ channel: 'hook' });
  expect(status).toBe(200);
  expect(receiver.requests).toHaveLength(1);
  const message = messageOf(receiver.requests[0]!.body);
  expect(message).toMatchObject({ title: 'takt: a test', details: { type: 'test', firing: [], resolved: [] } });
  expect(body).toEqual({ outcome: 'delivered', channel: 'hook', key: message.key });
  expect(receiver.requests[0]!.headers['webhook-id']).toBe(message.key);
});

test('a receiver that refuses, a channel that is none, and a body that is none are told apart', async () => {
  receiver.answerNext({ status: 404 });
  expect(await ask({ channel: 'hook' })).toMatchObject({ status: 502, body: { code: 'NOTIFY_FAILED' } });
  expect(await ask({ channel: 'hooc' })).toMatchObject({
    status: 404,
    body: { code: 'CHANNEL_UNKNOWN', message: expect.stringMatching(/did you mean 'hook'/) },
  });
  for (const body of [{}, { channel: 1 }, '[]', '"hook"', 'null'])
    expect(await ask(body)).toMatchObject({ status: 400, body: { code: 'PARAMETER_INVALID' } });
  // What a form of another web page can send without asking.
  expect(await ask('{"channel":"hook"}', 'text/plain')).toMatchObject({ status: 400 });
  expect(receiver.requests).toHaveLength(1);
});
