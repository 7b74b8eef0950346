import { expect, test } from 'vitest';
import { HeartbeatUrl } from '../../services/shared/adapters/notify/heartbeat-url.ts';
import { pingReceiver } from '../support/ping-receiver.ts';
import { type Behaviour, heartbeatReceiverContract } from './heartbeat-receiver.ts';
import { promisesOf, promisesTested } from './promises.ts';

/** Long enough that a busy machine answers in time; only the silent receiver is waited for. */
const ANSWER_MS_MAX = 2_000;
const SECRET = 'c0ffee-5ec4e7';
const STATUS: Readonly<Partial<Record<Behaviour, number>>> = { take: 200, busy: 503, refuse: 404, redirect: 302 };

heartbeatReceiverContract('URL', async (work) => {
  const server = await pingReceiver(SECRET);
  let closed = false;
  try {
    await work({
      receiver: new HeartbeatUrl(server.url, ANSWER_MS_MAX),
      get taken() {
        return server.pings.map(({ path, body: { state, reason } }) => ({
          state,
          reason,
          well: path === `/ping/${SECRET}`,
        }));
      },
      secret: SECRET,
      async behave(behaviour) {
        if (behaviour === 'away') {
          closed = true;
          await server.close();
          return;
        }
        if (closed) throw new Error('a closed receiver stays so');
        const status = STATUS[behaviour];
        server.answer = status === undefined ? null : { status, headers: { location: `/elsewhere/${SECRET}` } };
      },
    });
  } finally {
    if (!closed) await server.close();
  }
});

test('every promise of the port has a test', () => {
  expect(promisesTested('test/contract/heartbeat-receiver.ts')).toEqual(
    promisesOf('services/shared/ports/heartbeat-receiver.ts'),
  );
});

test('a failure goes to /fail, whatever the address ends in; its query stays', async () => {
  const server = await pingReceiver();
  const message = { state: 'stopped', reason: '', timeMs: 0, roundTripMs: null } as const;
  await new HeartbeatUrl(`${server.url}/?x=1`).tell(message);
  await new HeartbeatUrl(server.url).tell(message);
  expect(server.pings.map(({ method, path }) => [method, path])).toEqual([
    ['POST', '/ping/uuid/fail?x=1'],
    ['POST', '/ping/uuid/fail'],
  ]);
  await server.close();
});

test('an address that is none is refused, and not shown', () => {
  for (const url of ['', 'hc-ping.com/secret', 'ftp://x/secret', 'file:///secret'])
    expect(() => new HeartbeatUrl(url), url).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.not.stringContaining('secret') }),
    );
});
