import { describe, expect, test } from 'vitest';
import { heartbeat } from '../../services/scheduler/heartbeat.ts';
import { Scheduler } from '../../services/scheduler/scheduler.ts';
import { whereStopped } from '../../services/scheduler/where-stopped.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { BEAT_RULE, type BeatEvent, beatEvents, beatWindowEnd } from '../../services/shared/core/catalogue/built-in.ts';
import { withBuiltIn } from '../../services/shared/core/catalogue/catalogue-built-in.ts';
import type { TransitionMessage } from '../../services/shared/core/messages.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import type { HeartbeatMessage } from '../../services/shared/ports/heartbeat-receiver.ts';
import type { DeliveryOutcome } from '../../services/shared/ports/notifier.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const PARTITIONS = 4;
const cron = new NodeCron();

type Line = (events: readonly BeatEvent[]) => Promise<void>;

/** A scheduler with a heartbeat each minute, over a line that is played here. */
class World {
  readonly clock = new ManualClock(NOON);
  readonly log = new MemoryLog({ clock: this.clock });
  readonly store = new MemoryStore();
  readonly told: HeartbeatMessage[] = [];
  /** What each try to tell came to, seconds after noon. */
  readonly tries: [number, string][] = [];
  receiver: () => Promise<DeliveryOutcome> = async () => ({ outcome: 'delivered' });
  ready = true;
  /** What the line does with a beat. */
  line: Line = (events) => this.transition(events);
  scheduler: Scheduler | null = null;
  private ended: Promise<void> | null = null;

  async start(): Promise<Scheduler> {
    await this.log.createTopic('transitions', 1);
    const ready = (): boolean => this.ready;
    const { job, watch } = heartbeat({
      schedule: { pattern: cron.read('* * * * *'), zone: 'UTC' },
      partitions: PARTITIONS,
      send: (events) => this.line(events),
      log: this.log,
      codec: { decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as TransitionMessage },
      clock: this.clock,
      whereStopped: async () => 'roll sleeps',
      ready,
      receiver: {
        tell: async (message) => {
          const result = await this.receiver();
          this.tries.push([this.seconds, result.outcome]);
          if (result.outcome === 'delivered') this.told.push(message);
          return result;
        },
      },
      observer: { beat() {}, changed() {}, told() {} },
    });
    const { clock, store } = this;
    const observer = { ended() {}, failed() {} };
    this.scheduler = new Scheduler({ jobs: [job], heartbeat: watch, store, clock, ready, observer });
    this.ended = this.scheduler.run();
    return this.scheduler;
  }

  /** The beat came through: its rule fires. */
  async transition(events: readonly BeatEvent[], changes: Partial<TransitionMessage> = {}): Promise<void> {
    const timeMs = beatWindowEnd(Date.parse(events[0]!.time));
    const value = Buffer.from(
      JSON.stringify({ type: 'transition', rule: BEAT_RULE, to: 'firing', timeMs, ...changes }),
    );
    await this.log.append([{ topic: 'transitions', partition: 0, key: null, value }]);
  }

  get seconds(): number {
    return (this.clock.nowMs() - NOON) / 1_000;
  }

  /** What the receiver was told, seconds after noon. */
  get heard(): [number, string][] {
    return this.told.map(({ timeMs, state }) => [(timeMs - NOON) / 1_000, state]);
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      await this.settle();
      this.clock.advance(1_000);
    }
    await this.settle();
  }

  private async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await this.clock.sleep(0);
  }

  async stop(): Promise<void> {
    let over = false;
    this.scheduler!.stop();
    void this.ended!.then(() => (over = true));
    await this.settle();
    // A receiver that takes its time.
    for (; !over; await this.settle()) this.clock.advance(60_000);
  }

  async outcomes(): Promise<[string, string][]> {
    const rows = await this.store.jobRuns({ job: 'heartbeat', rowsMax: 100 });
    return rows.toReversed().map(({ outcome, reason }) => [outcome, reason]);
  }
}

const never: Line = async () => {};

describe('a line that runs', () => {
  test('each beat that comes through is told', async () => {
    const world = new World();
    const scheduler = await world.start();
    await world.pass(125);
    expect(world.heard).toEqual([
      [60, 'running'],
      [120, 'running'],
    ]);
    expect(await world.outcomes()).toEqual([
      ['done', 'round trip 0 ms'],
      ['done', 'round trip 0 ms'],
    ]);
    expect(scheduler.status().heartbeat).toEqual({
      stopped: false,
      lastBeatMs: NOON + 120_000,
      roundTripMs: 0,
      reason: '',
      receiverHears: true,
    });
    await world.stop();
  });

  test('the round trip lasts until the transition of this very beat', async () => {
    const world = new World();
    const earlier: BeatEvent[] = beatEvents(NOON, PARTITIONS);
    world.line = async (events) => {
      await world.transition(events, { rule: 'other' });
      await world.transition(earlier);
      await world.transition(events, { to: 'inactive' });
      void world.clock.sleep(3_000).then(() => world.transition(events));
    };
    await world.start();
    await world.pass(65);
    expect(world.told).toEqual([{ state: 'running', reason: '', timeMs: NOON + 63_000, roundTripMs: 3_000 }]);
    await world.stop();
  });

  test('one beat that stays out alarms nobody', async () => {
    const world = new World();
    await world.start();
    await world.pass(61);
    world.line = never;
    await world.pass(60);
    world.line = (events) => world.transition(events);
    await world.pass(120);
    expect(world.heard.map(([, state]) => state)).toEqual(['running', 'running', 'running']);
    expect((await world.outcomes()).map(([outcome]) => outcome)).toEqual(['done', 'timed_out', 'done', 'done']);
    await world.stop();
  });
});

describe('a line that stops', () => {
  test('the receiver hears it once, with the reason, within three minutes, and that it is back', async () => {
    const world = new World();
    const scheduler = await world.start();
    await world.pass(61);
    world.line = never;
    await world.pass(400);
    expect(world.heard).toEqual([
      [60, 'running'],
      [210, 'stopped'],
    ]);
    const reason = 'not done within 30 s: the beat is in the log, but no transition came: roll sleeps';
    expect((await world.outcomes())[1]).toEqual(['timed_out', reason]);
    expect(world.told[1]?.reason).toMatch(/^no beat has come through the line for 150 s: .*roll sleeps$/);
    expect(scheduler.stoppedLine).toMatch(/for \d+ s: .*roll sleeps$/);
    world.line = (events) => world.transition(events);
    await world.pass(60);
    expect(world.heard.slice(2)).toEqual([[480, 'back']]);
    expect(world.told[2]?.reason).toBe('a beat came through the line again; none had for 420 s');
    expect(scheduler.stoppedLine).toBeNull();
    await world.stop();
  });

  test('a log that takes nothing, or does not answer, is such a line too', async () => {
    for (const line of [async () => Promise.reject(new Error('the log is full')), () => new Promise<void>(() => {})]) {
      const world = new World();
      world.line = line;
      await world.start();
      await world.pass(200);
      expect(world.heard).toEqual([[150, 'stopped']]);
      expect(world.told[0]?.reason).toMatch(/the log is full|the log does not answer/);
      await world.stop();
    }
  });

  test('a store that gives no claim is one too', async () => {
    const world = new World();
    world.store.claimRun = async () => Promise.reject(new Error('away'));
    await world.start();
    await world.pass(160);
    expect(world.heard).toEqual([[150, 'stopped']]);
    await world.stop();
  });

  test('halted folds are told at once, also when takt ends for it', async () => {
    const world = new World();
    const scheduler = await world.start();
    await world.pass(10);
    scheduler.halted('a record cannot be read');
    await world.stop();
    expect(world.heard).toEqual([[10, 'stopped']]);
    expect(world.told[0]?.reason).toMatch(/a record cannot be read/);
  });
});

describe('what is no stop', () => {
  test('a clock that is set, or a machine asleep', async () => {
    const world = new World();
    await world.start();
    await world.pass(61);
    world.clock.set(3_600_000);
    await world.pass(2);
    world.clock.set(-7_200_000);
    await world.pass(2);
    world.clock.advance(8 * 3_600_000);
    await world.pass(61);
    expect(world.told.map(({ state }) => state)).not.toContain('stopped');
    await world.stop();
  });

  test('folds that have not caught up', async () => {
    const world = new World();
    world.ready = false;
    world.line = never;
    await world.start();
    await world.pass(600);
    expect(world.told).toEqual([]);
    expect(await world.outcomes()).toEqual([]);
    await world.stop();
  });
});

describe('a receiver that does not answer', () => {
  const away = async (): Promise<DeliveryOutcome> => ({
    outcome: 'failed',
    reason: 'x',
    retryable: true,
    retryAfterMs: null,
  });

  test('hears of a stop as soon as it can', async () => {
    const world = new World();
    world.line = never;
    world.receiver = away;
    await world.start();
    await world.pass(250);
    world.receiver = async () => ({ outcome: 'delivered' });
    await world.pass(40);
    expect(world.told.map(({ state }) => state)).toEqual(['stopped']);
    expect(world.tries.map(([seconds]) => seconds)).toEqual([150, 152, 156, 164, 180, 210, 240, 270]);
    await world.stop();
  });

  test('is told twice of a beat, then of the next', async () => {
    const world = new World();
    world.receiver = away;
    const scheduler = await world.start();
    await world.pass(125);
    expect(world.tries.map(([seconds]) => seconds)).toEqual([60, 62, 120, 122]);
    expect(scheduler.status().heartbeat?.receiverHears).toBe(false);
    await world.stop();
  });

  test('however long it takes, a stop is noticed in time', async () => {
    const world = new World();
    world.receiver = async () => {
      await world.clock.sleep(50_000);
      return { outcome: 'delivered' };
    };
    await world.start();
    await world.pass(61);
    world.line = never;
    await world.pass(160);
    expect(world.scheduler!.stoppedLine).not.toBeNull();
    await world.stop();
  });
});

describe('what is built in', () => {
  const text = 'version: 1\nworkflows: { desk: { activities: [opened] } }\n';
  const options = { calendarVersion: 'x' };

  test('a beat is an event in each partition, in cases of one day', () => {
    const events = beatEvents(NOON + 7, PARTITIONS);
    expect(events.map((event) => partitionOf(event.case, PARTITIONS)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(PARTITIONS);
    expect(events.map(({ time }) => time)).toEqual(Array.from({ length: 4 }, () => '2026-03-01T12:00:00.007Z'));
    const cases = (nowMs: number): string[] => beatEvents(nowMs, PARTITIONS).map((event) => event.case);
    expect(cases(NOON + 3_600_000)).toEqual(cases(NOON));
    expect(cases(NOON + 86_400_000)).not.toEqual(cases(NOON));
  });

  test('it stands beside the catalogue, whose own part stays as it is', () => {
    const { catalogue } = parseCatalogue(text, 'c.yaml', options);
    const whole = withBuiltIn(catalogue!, PARTITIONS, options);
    expect([...catalogue!.workflows.keys()]).toEqual(['desk']);
    expect([...whole.workflows.keys()]).toEqual(['desk', 'takt']);
    expect([...whole.kpis.keys()]).toEqual([BEAT_RULE]);
    expect(whole.rules.get(BEAT_RULE)).toMatchObject({ provisional: true, notify: [], when: { op: '>=', limit: 4 } });
  });

  test('its names are refused in a catalogue, with their places', () => {
    const kpi = (name: string, more = ''): string =>
      `kpis:\n  ${name}: { workflow: desk, measure: { event: opened }, aggregate: count, window: { tumbling: hour }${more} }\n`;
    const problems = (source: string): string[] =>
      parseCatalogue(source, 'c.yaml', options).problems.map(({ line, message }) => `${line}: ${message}`);
    expect(problems(text.replace('desk', 'takt'))).toEqual(["2: the name 'takt' is kept for takt's own heartbeat"]);
    const kept = "names that begin with 'takt_' are kept for takt itself";
    expect(problems(text + kpi('takt_x'))).toEqual([`4: ${kept}`]);
    expect(problems(text + kpi('x', ', alerts: [{ name: takt_y, when: value > 1 }]'))).toEqual([`4: ${kept}`]);
    expect(problems(text + kpi('taktful', ', alerts: [{ name: takt, when: value > 1 }]'))).toEqual([]);
  });

  test('beats too close together, or that end, are refused', () => {
    const world = new World();
    const open = (expression: string): unknown =>
      heartbeat({ schedule: { pattern: cron.read(expression), zone: 'UTC' }, clock: world.clock } as never);
    expect(() => open('* * * * * *')).toThrow(/1 s apart; they must be at least 5 s/);
    expect(() => open('0 0 31 * 1#1')).toThrow(/come to an end/);
    expect(() => open('*/5 * * * * *')).not.toThrow();
  });
});

test('where the line stands is the first stage that has something to read', () => {
  const task = (stage: string, nextOffset: number, endOffset: number) => ({
    stage,
    topic: `to-${stage}`,
    partition: 2,
    nextOffset,
    endOffset,
  });
  const tasks = [task('aggregate', 5, 5), task('roll', 3, 9), task('alert', 0, 7)];
  expect(whereStopped(tasks, [], null)).toBe('roll has not read 6 records, the first of to-roll/2');
  expect(whereStopped([tasks[0]!], [], null)).toBe('every stage has read what it was given');
  expect(whereStopped(tasks, [{ stage: 'roll', step: 'store', reason: 'no space' }], null)).toBe(
    'roll cannot store: no space',
  );
  expect(whereStopped(tasks, [], new Error('unreadable'))).toBe('the folds have halted: unreadable');
});
