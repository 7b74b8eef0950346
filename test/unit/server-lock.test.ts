import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { withLock } from '../../services/shared/adapters/store/clickhouse/server-lock.ts';
import type { ClickHouseTransport } from '../../services/shared/adapters/store/clickhouse/transport.ts';

/** A server of one table; time passes while somebody waits. */
function server(clock: ManualClock): { readonly transport: ClickHouseTransport; holder: string | null } {
  const state = { holder: null as string | null, transport: null as unknown as ClickHouseTransport };
  state.transport = {
    async command(sql: string) {
      clock.advance(1_000);
      const [, owner] = /COMMENT '(.*)'/.exec(sql) ?? [];
      if (owner === undefined) state.holder = null;
      else if (state.holder === null) state.holder = owner;
      else throw Object.assign(new Error('exists'), { type: 'TABLE_ALREADY_EXISTS' });
    },
    rows: async () => (state.holder === null ? [] : [{ holder: state.holder }]),
  } as unknown as ClickHouseTransport;
  return state;
}

test('a lock that a dead process left is taken after a minute, one that changes hands is not', async () => {
  const clock = new ManualClock();
  const state = server(clock);
  state.holder = 'dead';
  const startMs = clock.nowMs();
  let ran = 0;
  const done = withLock('migrations', state.transport, clock, new AbortController().signal, async () => void ran++);
  const ticking = setInterval(() => {
    // For half a minute it goes from one to the other.
    if (clock.nowMs() - startMs < 30_000) state.holder = `busy ${clock.nowMs()}`;
    clock.advance(100);
  }, 1);
  await done;
  clearInterval(ticking);
  expect(ran).toBe(1);
  expect(clock.nowMs() - startMs).toBeGreaterThan(90_000);
  expect(state.holder).toBeNull();
});

test('a lock that stays in use is given up on, and what runs under one gives it back when it fails', async () => {
  const clock = new ManualClock();
  const state = server(clock);
  const never = withLock('migrations', state.transport, clock, new AbortController().signal, () =>
    Promise.reject(new Error('planted')),
  );
  await expect(never).rejects.toThrow('planted');
  expect(state.holder).toBeNull();
  state.holder = 'busy';
  const ticking = setInterval(() => {
    state.holder = `busy ${clock.nowMs()}`;
    clock.advance(100);
  }, 1);
  const waits = withLock('migrations', state.transport, clock, new AbortController().signal, async () => {});
  await expect(waits).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('takt_lock') });
  clearInterval(ticking);
});
