import { describe, expect, test } from 'vitest';
import { NotifyTask } from '../../services/alerter/notify/notify-task.ts';
import { Outbox } from '../../services/alerter/notify/outbox.ts';
import {
  AGE_MS_MAX,
  ATTEMPTS_MAX,
  BACKOFF_MAX_MS,
  RETRY_AFTER_MS_MAX,
  verdictOf,
} from '../../services/alerter/notify/retry-policy.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Outgoing } from '../../services/shared/core/notify/notify-lane.ts';
import type { NotifyEffect } from '../../services/shared/core/notify/notify-state.ts';
import type { DeliveryOutcome, Notification } from '../../services/shared/ports/notifier.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import { notification } from '../support/notification.ts';
import { FIRST_MS, transition } from '../support/transition.ts';
import { silentObserver } from '../support/silent-observer.ts';

const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const BUSY: DeliveryOutcome = { outcome: 'failed', reason: '503', retryable: true, retryAfterMs: null };
const TAKEN: DeliveryOutcome = { outcome: 'delivered' };

describe('what comes after a try', () => {
  const outgoing = (attempts: number): Outgoing => ({
    key: 'k',
    details: notification('k', { timeMs: FIRST_MS }).details,
    tells: new Map(),
    attempts,
    nextMs: 0,
    reason: '',
  });
  const waits = (attempts: number, random: number): number =>
    verdictOf(outgoing(attempts), BUSY, FIRST_MS, random).nextMs! - FIRST_MS;

  test('the wait doubles up to its limit, spread over its second half', () => {
    expect([0, 1, 2, 3, 8, 9, 50].map((attempts) => waits(attempts, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
    expect([0, 3, 50].map((attempts) => waits(attempts, 0))).toEqual([500, 4_000, BACKOFF_MAX_MS / 2]);
  });

  test('Retry-After is kept where it is longer, up to an hour', () => {
    const asked = (retryAfterMs: number): number =>
      verdictOf(outgoing(0), { ...BUSY, retryAfterMs }, FIRST_MS, 1).nextMs! - FIRST_MS;
    expect([asked(100), asked(7_000), asked(9e9)]).toEqual([1_000, 7_000, RETRY_AFTER_MS_MAX]);
  });

  test('it is given up after a number of tries, an age, or a failure that stays; the reason says so', () => {
    expect(verdictOf(outgoing(ATTEMPTS_MAX - 2), BUSY, FIRST_MS, 0).outcome).toBe('retrying');
    expect(verdictOf(outgoing(ATTEMPTS_MAX - 1), BUSY, FIRST_MS, 0)).toEqual({
      outcome: 'failed',
      attempts: ATTEMPTS_MAX,
      nextMs: null,
      reason: '503; given up after 100 tries',
    });
    expect(verdictOf(outgoing(60), BUSY, FIRST_MS + AGE_MS_MAX, 0)).toMatchObject({
      outcome: 'failed',
      reason: '503; given up after 61 tries in 6 hours',
    });
    expect(verdictOf(outgoing(0), { ...BUSY, retryable: false, reason: '410' }, FIRST_MS, 0)).toMatchObject({
      outcome: 'failed',
      attempts: 1,
      reason: '410',
    });
  });
});

/** The notify fold and its outbox over memory, driven by hand. */
class Rig {
  readonly clock = new ManualClock(FIRST_MS);
  readonly store = new MemoryStore();
  readonly effects: NotifyEffect[] = [];
  readonly sent: { readonly message: Notification; readonly atMs: number }[] = [];
  receiver: (message: Notification) => DeliveryOutcome = () => TAKEN;
  log!: MemoryLog;
  task!: NotifyTask;
  outbox!: Outbox;
  runner!: FoldRunner;

  static async open(channels: readonly string[] = ['hook']): Promise<Rig> {
    const rig = new Rig();
    rig.log = new MemoryLog({ clock: rig.clock });
    await rig.log.createTopic('transitions', 1);
    await rig.restart(channels);
    return rig;
  }

  async restart(channels: readonly string[]): Promise<void> {
    const { clock, log, store } = this;
    const wordsOf = (): { name: string; unit: string; zone: string } => ({ name: 'K', unit: '', zone: 'UTC' });
    const onEffect = (effect: NotifyEffect): void => void this.effects.push(effect);
    this.task = new NotifyTask({ epoch: 0, log, store, codec, wordsOf, onEffect });
    const send = async (message: Notification): Promise<DeliveryOutcome> => {
      this.sent.push({ message, atMs: clock.nowMs() });
      return this.receiver(message);
    };
    const channelOf = (name: string) => (channels.includes(name) ? { send } : undefined);
    this.outbox = new Outbox({ task: this.task, log, codec, clock, channelOf, wordsOf, random: () => 0.5 });
    this.runner = new FoldRunner({ stage: 'notify', tasks: [this.task], log, store, clock, observer: silentObserver });
    await this.runner.restore();
  }

  /** Time passes in steps of half a second. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + durationMs;
    while (this.clock.nowMs() < untilMs) {
      for (let i = 0; i < 2; i++) {
        await this.runner.step();
        await this.outbox.step();
        await this.clock.sleep(0);
      }
      this.clock.advance(500);
    }
    await this.runner.storeChanges(true);
  }

  async put(...messages: Parameters<typeof codec.encode>[0][]): Promise<void> {
    await this.log.append(
      messages.map((message) => ({ topic: 'transitions', partition: 0, key: null, value: codec.encode(message) })),
    );
  }

  get rows(): string[] {
    return this.store.dump('notifications').map(({ state, attempts, reason }) => `${state} ${attempts} ${reason}`);
  }
}

describe('the outbox', () => {
  test('a receiver that refuses for an hour is tried ever more rarely, and nothing is lost', async () => {
    const rig = await Rig.open();
    rig.receiver = () =>
      rig.clock.nowMs() < FIRST_MS + 3_600_000
        ? { outcome: 'failed', reason: '429', retryable: true, retryAfterMs: 10_000 }
        : TAKEN;
    await rig.put(transition('north', 'firing', 1));
    await rig.pass(1_800_000);
    expect(rig.rows).toEqual([expect.stringMatching(/^pending \d+ 429$/)]);
    await rig.put(transition('north', 'inactive', 30));
    await rig.pass(2_700_000);
    const titles = rig.sent.map(({ message }) => message.title);
    expect(titles.slice(0, -2)).toEqual(Array(titles.length - 2).fill('[page] slow fires: team north'));
    expect(titles.slice(-2)).toEqual(['[page] slow fires: team north', '[page] slow is over: team north']);
    // One key, whatever it took; and the receiver was not hammered.
    expect(new Set(rig.sent.slice(0, -1).map(({ message }) => message.key)).size).toBe(1);
    expect(rig.sent.length).toBeLessThan(35);
    const gaps = rig.sent.slice(1, -1).map(({ atMs }, i) => atMs - rig.sent[i]!.atMs);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(BACKOFF_MAX_MS + 1_000);
    expect(rig.rows.sort()).toEqual(['delivered 1 ', expect.stringMatching(/^delivered \d+ $/)]);
  });

  test('a receiver that is away for good ends in a failed state that is seen', async () => {
    const rig = await Rig.open();
    rig.receiver = () => BUSY;
    await rig.put(transition('north', 'firing', 1));
    await rig.pass(AGE_MS_MAX + 600_000);
    const [row] = rig.rows;
    expect(row).toMatch(/^failed \d+ 503; given up after \d+ tries/);
    expect(rig.sent.length).toBeLessThanOrEqual(ATTEMPTS_MAX);
    expect(rig.effects.at(-1)).toMatchObject({ state: 'failed', rule: 'slow', channel: 'hook' });
    expect(rig.task.failures()).toEqual([
      expect.objectContaining({ rule: 'slow', channel: 'hook', reason: expect.stringContaining('503') }),
    ]);
    // The failed state is still there after a restart.
    await rig.restart(['hook']);
    expect(rig.task.failures()).toHaveLength(1);
  });

  test('a channel that the catalogue has no more is a failure at once, and a notifier that throws is one like others', async () => {
    const rig = await Rig.open();
    await rig.put(transition('north', 'firing', 1, { notify: ['removed'] }));
    await rig.pass(5_000);
    expect(rig.rows).toEqual(["failed 1 the catalogue has no channel 'removed'"]);
    rig.receiver = () => {
      throw new Error('it broke its promise');
    };
    await rig.put(transition('north', 'firing', 1, { rule: 'other' }));
    await rig.pass(4_000);
    expect(rig.rows.at(-1)).toMatch(/^pending [1-9] it broke its promise$/);
  });

  test('what waited while takt was off for a day has one more try: delivered, or given up with the reason', async () => {
    for (const receiver of [() => TAKEN, () => BUSY]) {
      const rig = await Rig.open();
      rig.receiver = () => BUSY;
      await rig.put(transition('north', 'firing', 1));
      await rig.pass(5_000);
      const tries = rig.sent.length;
      rig.clock.advance(24 * 3_600_000);
      rig.receiver = receiver;
      await rig.restart(['hook']);
      await rig.pass(5_000);
      expect(rig.sent).toHaveLength(tries + 1);
      const expected =
        receiver() === TAKEN ? /^delivered \d+ $/ : /^failed \d+ 503; given up after \d tries in 6 hours$/;
      expect(rig.rows).toEqual([expect.stringMatching(expected)]);
    }
  });

  test('a log that takes nothing loses no outcome: it is written once the log takes it, and nothing is sent twice', async () => {
    const rig = await Rig.open();
    await rig.put(transition('north', 'firing', 1));
    await rig.pass(2_000);
    const append = rig.log.append.bind(rig.log);
    rig.log.append = () => Promise.reject(new Error('full'));
    // The tick is refused as well, so that the deadline passes unseen until a record comes.
    await rig.pass(5_000);
    expect(rig.sent).toHaveLength(0);
    rig.log.append = append;
    await rig.pass(500);
    expect(rig.sent).toHaveLength(1);
    rig.log.append = () => Promise.reject(new Error('full'));
    await rig.pass(20_000);
    rig.log.append = append;
    await rig.pass(5_000);
    expect(rig.sent).toHaveLength(1);
    expect(rig.rows).toEqual(['delivered 1 ']);
  });

  test('stopping waits for a try under way and writes down what came of it', async () => {
    const rig = await Rig.open();
    let answer!: (outcome: DeliveryOutcome) => void;
    rig.receiver = () => new Promise((resolve) => (answer = resolve)) as unknown as DeliveryOutcome;
    await rig.put(transition('north', 'firing', 1));
    await rig.pass(4_000);
    expect(rig.sent).toHaveLength(1);
    const ended = rig.outbox.run();
    rig.outbox.stop();
    await rig.clock.sleep(0);
    answer(TAKEN);
    await ended;
    await rig.restart(['hook']);
    await rig.pass(5_000);
    expect(rig.sent).toHaveLength(1);
    expect(rig.rows).toEqual(['delivered 1 ']);
  });
});
