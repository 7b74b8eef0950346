import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { notifierOf } from '../../services/shared/adapters/notify/channels.ts';
import { secretBytes, signature } from '../../services/shared/adapters/notify/standard-webhook.ts';
import type { Channel } from '../../services/shared/core/notify/channel.ts';
import { readSecret } from '../../services/shared/runtime/secret-place.ts';
import { notification } from '../support/notification.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let receiver: WebhookReceiver;
let folder: string;
beforeEach(async () => {
  receiver = await WebhookReceiver.listen();
  folder = mkdtempSync(join(tmpdir(), 'takt-secret-'));
});
afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a webhook takes its secrets from environment and files, and a file that changes counts at once', async () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'Bearer first\n');
  const channel: Channel = {
    kind: 'webhook',
    name: 'c',
    url: receiver.url,
    secret: { env: 'HOOK_KEY' },
    headers: { 'x-team': 'support', authorization: { file } },
    allowPrivate: false,
  };
  const environment: Record<string, string> = { HOOK_KEY: SECRET };
  const notifier = notifierOf(channel, { clock: new SystemClock(), environment, writeLine() {} });
  expect(await notifier.send(notification('k'))).toEqual({ outcome: 'delivered' });
  writeFileSync(file, 'Bearer second\n');
  expect(await notifier.send(notification('k'))).toEqual({ outcome: 'delivered' });
  expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  const [{ headers, body }] = receiver.requests as [(typeof receiver.requests)[number]];
  expect(headers['x-team']).toBe('support');
  const timestampS = Number(headers['webhook-timestamp']);
  expect(headers['webhook-signature']).toBe(signature(secretBytes(SECRET), 'k', timestampS, body));
  delete environment['HOOK_KEY'];
  expect(await notifier.send(notification('k'))).toMatchObject({
    outcome: 'failed',
    retryable: true,
    reason: expect.stringMatching(/environment variable HOOK_KEY holds no secret/),
  });
  expect(receiver.requests).toHaveLength(2);
});

test('a log channel writes lines', async () => {
  const lines: string[] = [];
  const setting = { clock: new SystemClock(), environment: {}, writeLine: (line: string) => void lines.push(line) };
  expect(await notifierOf({ kind: 'log', name: 'shout' }, setting).send(notification('k'))).toEqual({
    outcome: 'delivered',
  });
  expect(JSON.parse(lines[0]!)).toEqual(notification('k'));
});

test('a secret that is missing, empty, too large or unreadable is refused with its place alone', async () => {
  const file = join(folder, 'secret');
  await expect(readSecret({ file }, {})).rejects.toThrow(/secret in .*secret cannot be read \(ENOENT\)/);
  writeFileSync(file, ' \n');
  await expect(readSecret({ file }, {})).rejects.toThrow(/the file .*secret holds no secret/);
  writeFileSync(file, 'geheim'.repeat(20_000));
  await expect(readSecret({ file }, {})).rejects.toThrow(/secret is larger than 65536 bytes\.$/);
  await expect(readSecret({ env: 'X' }, { X: '' })).rejects.toThrow(/environment variable X holds no secret/);
  expect(await readSecret({ env: 'X' }, { X: ' geheim\n' })).toBe('geheim');
});
