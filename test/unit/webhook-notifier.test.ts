import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { addressKind } from '../../services/shared/adapters/notify/address-check.ts';
import { checkedAddresses, type Resolve } from '../../services/shared/adapters/notify/receiver-address.ts';
import { secretBytes, signature } from '../../services/shared/adapters/notify/standard-webhook.ts';
import { retryAfter } from '../../services/shared/adapters/notify/webhook-answer.ts';
import {
  webhookBody,
  WebhookNotifier,
  type WebhookOptions,
} from '../../services/shared/adapters/notify/webhook-notifier.ts';
import { notification } from '../support/notification.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

/** The published vector of Standard Webhooks. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const VECTOR = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampS: 1_614_265_330, body: '{"test": 2432232314}' };
const clock = new SystemClock();

describe('signature', () => {
  test('gives the published vector exactly, with and without the prefix of the secret', () => {
    for (const secret of [SECRET, SECRET.slice('whsec_'.length), ` ${SECRET}\n`])
      expect(signature(secretBytes(secret), VECTOR.id, VECTOR.timestampS, VECTOR.body)).toBe(
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      );
  });

  test.each(['', 'whsec_', 'whsec_kurz', 'not base64 at all, sorry', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!'])(
    'a secret that is none is refused without a word of it: %s',
    (secret) => {
      expect(() => secretBytes(secret)).toThrowError(expect.objectContaining({ code: 'USAGE' }));
      expect(() => secretBytes(secret)).toThrowError(/base64/);
      const shown = secret.slice('whsec_'.length) || 'nothing to show';
      expect(() => secretBytes(secret)).not.toThrowError(shown);
    },
  );
});

describe('addresses', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['172.32.0.1', 'public'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['2002:7f00:1::', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.8.9.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::808:808', 'public'],
    ['::ffff:10.0.0.1', 'private'],
    ['0.0.0.0', 'refused'],
    ['169.254.169.254', 'refused'],
    ['169.254.0.1', 'refused'],
    ['::ffff:169.254.169.254', 'refused'],
    ['64:ff9b::a9fe:a9fe', 'refused'],
    ['fe80::1', 'refused'],
    ['fe80::1%eth0', 'refused'],
    ['fd00:ec2::254', 'refused'],
    ['100.100.100.200', 'refused'],
    ['::', 'refused'],
    ['224.0.0.1', 'refused'],
    ['255.255.255.255', 'refused'],
    ['ff02::1', 'refused'],
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });

  const at =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const check = (url: string, allowPrivate: boolean, resolve: Resolve = at()): Promise<unknown> =>
    checkedAddresses(new URL(url), allowPrivate, resolve);

  test('a receiver on this machine needs no permission where the URL says so', async () => {
    const loopback = [{ address: '127.0.0.1', family: 4 }];
    expect(await check('http://127.0.0.1:9/', false)).toEqual(loopback);
    expect(await check('http://localhost:9/', false, at('127.0.0.1'))).toEqual(loopback);
    expect(await check('http://[::1]:9/', false)).toEqual([{ address: '::1', family: 6 }]);
    // 127.1 and 0x7f000001 are 127.0.0.1, written to look otherwise.
    expect(await check('http://127.1/', false)).toEqual(loopback);
  });

  test.each([
    ['a name that resolves to loopback', 'http://evil.example/', at('127.0.0.1'), /allow_private/],
    ['localhost that is a machine elsewhere', 'http://localhost/', at('10.0.0.5'), /allow_private/],
    ['a private address', 'http://192.168.0.7/', at(), /allow_private/],
    ['one private address among public ones', 'https://evil.example/', at('8.8.8.8', '10.0.0.1'), /allow_private/],
    ['a number that is loopback', 'http://[::ffff:10.0.0.1]/', at(), /allow_private/],
  ])('%s needs allow_private', async (_what, url, resolve, message) => {
    await expect(check(url, false, resolve)).rejects.toThrow(message);
    expect(await check(url, true, resolve)).not.toEqual([]);
  });

  test.each(['http://169.254.169.254/latest/meta-data/', 'http://[fe80::1]/', 'http://0.0.0.0/', 'http://0/'])(
    '%s is never called, permission or not',
    async (url) => {
      for (const allowPrivate of [false, true]) await expect(check(url, allowPrivate)).rejects.toThrow(/never called/);
    },
  );

  test('a name is resolved once and the connection goes to that address', async () => {
    const receiver = await WebhookReceiver.listen();
    let asked = 0;
    const notifier = new WebhookNotifier({
      url: receiver.url.replace('127.0.0.1', 'rebind.example'),
      secret: null,
      headers: async () => ({}),
      allowPrivate: true,
      clock,
      async resolve() {
        asked++;
        return asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '169.254.169.254', family: 4 }];
      },
    });
    expect(await notifier.send(notification())).toEqual({ outcome: 'delivered' });
    expect(asked).toBe(1);
    expect(receiver.requests[0]!.headers.host).toContain('rebind.example');
    // What was right for the first try is checked again for the next one.
    expect(await notifier.send(notification())).toMatchObject({ outcome: 'failed', retryable: false });
    expect(receiver.requests).toHaveLength(1);
    await receiver.close();
  });
});

describe('a webhook', () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => void (receiver = await WebhookReceiver.listen()));
  afterEach(() => receiver.close());
  const notifierOf = (changes: Partial<WebhookOptions> = {}): WebhookNotifier =>
    new WebhookNotifier({
      url: receiver.url,
      secret: null,
      headers: async () => ({}),
      allowPrivate: false,
      clock,
      ...changes,
    });

  test('carries the headers of Standard Webhooks, and a signature that a receiver can check', async () => {
    const message = notification('key-1');
    const headers = async () => ({ 'X-Own': 'mine', 'Webhook-Id': 'not this', 'content-length': '3' });
    expect(await notifierOf({ secret: async () => SECRET, headers }).send(message)).toEqual({ outcome: 'delivered' });
    const [request] = receiver.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/', body: webhookBody(message) });
    expect(request!.headers).toMatchObject({
      'webhook-id': 'key-1',
      'content-type': 'application/json; charset=utf-8',
      'x-own': 'mine',
    });
    const timestampS = Number(request!.headers['webhook-timestamp']);
    expect(timestampS).toBeGreaterThan(1_700_000_000);
    const expected = signature(secretBytes(SECRET), 'key-1', timestampS, request!.body);
    expect(request!.headers['webhook-signature']).toBe(expected);
  });

  test('without a secret is not signed; a secret that cannot be read is a failure with its reason', async () => {
    await notifierOf().send(notification());
    expect(receiver.requests[0]!.headers).not.toHaveProperty('webhook-signature');
    const outcome = await notifierOf({
      secret: () => Promise.reject(new Error('the environment has no HOOK_SECRET')),
    }).send(notification());
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
    expect(outcome).toMatchObject({ reason: expect.stringContaining('HOOK_SECRET') });
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([
    [200, true, null],
    [204, true, null],
    [301, false, false],
    [400, false, false],
    [401, false, false],
    [404, false, false],
    [408, false, true],
    [410, false, false],
    [425, false, true],
    [429, false, true],
    [500, false, true],
    [503, false, true],
  ] as const)('the answer %i: delivered %s, worth another try %s', async (status, delivered, retryable) => {
    receiver.answerNext({ status, headers: { location: '/elsewhere' } });
    const outcome = await notifierOf().send(notification());
    expect(outcome).toMatchObject(delivered ? { outcome: 'delivered' } : { outcome: 'failed', retryable });
    // A redirect is not followed.
    expect(receiver.requests).toHaveLength(1);
  });

  test.each([
    ['{"errcode":0,"errmsg":"ok"}', true],
    ['{"code":0,"msg":"success"}', true],
    ['{"code":200,"message":"ok"}', true],
    ['{"code":"ok"}', true],
    ['ok', true],
    ['{"errcode":45009,"errmsg":"api freq out of limit"}', false],
    ['{"errcode":"45009"}', false],
    ['{"code":19001,"msg":"param invalid"}', false],
    ['  {"code":-1}', false],
    ['{"errcode":200}', false],
  ])('a 200 with the body %s: delivered %s', async (body, delivered) => {
    receiver.answerNext({ status: 200, body });
    const outcome = await notifierOf().send(notification());
    expect(outcome).toMatchObject(delivered ? { outcome: 'delivered' } : { outcome: 'failed', retryable: true });
  });

  test('Retry-After goes to whoever plans the next try', async () => {
    receiver.answerNext({ status: 429, headers: { 'retry-after': '7' } });
    expect(await notifierOf().send(notification())).toMatchObject({ retryAfterMs: 7_000 });
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfter('Thu, 01 Jan 2026 00:01:30 GMT', nowMs)).toBe(90_000);
    expect(retryAfter('Wed, 31 Dec 2025 00:00:00 GMT', nowMs)).toBe(0);
    for (const odd of ['', 'soon', '-3', '9999999999', '1.5e3x']) expect(retryAfter(odd, nowMs), odd).toBe(null);
  });

  test('a receiver that never answers, one that is away and one that hangs up are failures worth another try', async () => {
    receiver.fallSilent();
    const late = await notifierOf({ timeoutMs: 50 }).send(notification());
    expect(late).toMatchObject({ outcome: 'failed', retryable: true });
    expect(late).toMatchObject({ reason: expect.stringContaining('did not answer in time') });
    const slowName = notifierOf({
      url: 'http://slow.example/',
      timeoutMs: 50,
      resolve: () => new Promise(() => {}),
    });
    expect(await slowName.send(notification())).toMatchObject({ outcome: 'failed', retryable: true });
    const hangingUp = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => hangingUp.listen(0, '127.0.0.1', resolve));
    const { port } = hangingUp.address() as { port: number };
    const gone = notifierOf({ url: `http://127.0.0.1:${port}/` });
    expect(await gone.send(notification())).toMatchObject({ outcome: 'failed', retryable: true });
    await new Promise((resolve) => hangingUp.close(resolve));
    const away = await gone.send(notification());
    expect(away).toMatchObject({ outcome: 'failed', retryable: true });
    expect(away).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
  });

  test('an answer without an end is cut, and its words stay short and on one line', async () => {
    receiver.answerNext({ status: 500, body: `a\nb\u202e${'x'.repeat(200_000)}` });
    const outcome = await notifierOf().send(notification());
    expect(outcome).toMatchObject({ outcome: 'failed', retryable: true });
    const { reason } = outcome as { reason: string };
    expect(reason.length).toBeLessThan(300);
    expect(reason).toContain('a b x');
  });
});
