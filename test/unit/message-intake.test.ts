import { describe, expect, test } from 'vitest';
import { type IntakeDeps, MessageIntake } from '../../services/ingest/messages/message-intake.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { TaktError } from '../../services/shared/core/errors.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import type { DeadLetter } from '../../services/shared/core/messages.ts';
import { readMqttPlan } from '../../services/shared/core/ingest/mqtt-plan.ts';
import type { SourceMessage } from '../../services/shared/ports/message-source.ts';
import { Metrics } from '../../services/shared/runtime/metrics.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const TIME = '2026-03-01T09:30:00Z';
const workflow = (name: string) => ({
  name,
  activities: ['started', 'finished'],
  dimensions: ['line', 'station'],
  disorderMs: 0,
  idleTimeoutMs: 1,
  futureLimitMs: 600_000,
  retentionMs: null,
});

const SOURCES = [
  { topic: 'line/{line}/{station}/events', workflow: 'line' },
  {
    topic: 'press/{press}',
    workflow: 'line',
    case: ['order', { topic: 'press' }],
    activity: { const: 'finished' },
    time: 'at',
    zone: 'Europe/Berlin',
    value: 'cycle/seconds',
  },
  { topic: 'any/{line}' },
];

interface World {
  readonly intake: MessageIntake;
  readonly events: WorkflowEvent[];
  readonly letters: DeadLetter[];
  readonly acknowledged: string[];
  readonly metrics: Metrics;
  readonly told: string[];
  /** How many events each append had. */
  readonly appends: number[];
  readonly clock: ManualClock;
  readonly send: (
    topic: string,
    payload: unknown,
    options?: { name?: string; gone?: () => boolean; bytes?: number },
  ) => Promise<void>;
  readonly settled: () => Promise<void>;
}

function world(deps: Partial<IntakeDeps> = {}): World {
  const { plan, problems } = readMqttPlan({ broker: 'mqtt://x', sources: SOURCES });
  expect(problems).toEqual([]);
  const events: WorkflowEvent[] = [];
  const letters: DeadLetter[] = [];
  const acknowledged: string[] = [];
  const told: string[] = [];
  const appends: number[] = [];
  const metrics = new Metrics();
  const clock = new ManualClock(NOW_MS);
  const intake = new MessageIntake({
    sources: plan!.sources,
    workflows: () => new Map(['line', 'other'].map((name) => [name, workflow(name)])),
    append: async (batch) => {
      appends.push(batch.length);
      events.push(...batch);
    },
    deadLetter: async (batch) => void letters.push(...batch),
    clock,
    metrics,
    observer: metrics.observeIntake({
      taken: () => {},
      stuck: (error) => void told.push((error as Error).message),
      goesOn: () => void told.push('goes on'),
    }),
    ...deps,
  });
  return {
    intake,
    events,
    letters,
    acknowledged,
    metrics,
    told,
    appends,
    clock,
    send(topic, payload, { name = topic, gone = () => false, bytes } = {}) {
      const content = Buffer.isBuffer(payload)
        ? payload
        : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
      const message: SourceMessage = {
        topic,
        payload: content,
        payloadBytes: bytes ?? content.length,
        acknowledge: () => void acknowledged.push(name),
        comesAgain: gone,
      };
      return intake.receive(message);
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

const own = { case: 'P-1', activity: 'finished', time: TIME, id: 'e1' };

describe('payloads become events', () => {
  test('takt’s own fields, one event or several; named levels are dimensions and go before the payload’s', async () => {
    const { send, settled, events, acknowledged } = world();
    await send('line/3/press/events', { ...own, value: '1.5', dimensions: { station: 'x', shift: 'early' } });
    await send('line/4/weld/events', [own, { ...own, id: 'e2' }]);
    await settled();
    expect(events[0]).toEqual({
      workflow: 'line',
      caseId: 'P-1',
      id: 'e1',
      kind: 'event',
      activity: 'finished',
      timeMs: Date.parse(TIME),
      dimensions: { line: '3', station: 'press', shift: 'early' },
      value: { unscaled: 15n, scale: 1 },
      target: null,
      importId: null,
    });
    expect(events.map(({ id, dimensions }) => [id, dimensions['station']])).toEqual([
      ['e1', 'press'],
      ['e1', 'weld'],
      ['e2', 'weld'],
    ]);
    expect(acknowledged).toEqual(['line/3/press/events', 'line/4/weld/events']);
  });

  test('a mapping, with a level in the case and a zone for times that name none', async () => {
    const { send, settled, events, letters } = world();
    await send('press/7', { order: 'PO-1', at: '2026-03-01T10:30:00.5', 'cycle/seconds': 4 });
    await send('press/7', { order: 'PO-1', at: '2026-03-01T10:31:00+02:00' });
    await settled();
    expect(letters).toEqual([]);
    expect(events.map(({ caseId, activity, timeMs }) => [caseId, activity, timeMs])).toEqual([
      ['4:PO-11:7', 'finished', Date.parse('2026-03-01T09:30:00.500Z')],
      ['4:PO-11:7', 'finished', Date.parse('2026-03-01T08:31:00Z')],
    ]);
    expect(events[0]).toMatchObject({ dimensions: {}, value: { unscaled: 4n, scale: 0 } });
  });

  test('an item without an id gets one from topic and content; the workflow may be the item’s', async () => {
    const { send, settled, events } = world();
    const { id: _id, ...without } = { ...own, workflow: 'other' };
    for (const topic of ['any/3', 'any/3', 'any/4']) await send(topic, without);
    await send('any/3', [{ ...without, case: 'P-2' }, without]);
    await settled();
    const ids = events.map(({ id }) => id);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[4]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(events[0]!.workflow).toBe('other');
  });
});

describe('what is no event', () => {
  test.each([
    ['no JSON', 'line/3/a/events', '{"case":', 'BODY_INVALID', /not JSON/],
    ['no UTF-8', 'line/3/a/events', Buffer.from([0xff, 0xfe]), 'BODY_INVALID', /not UTF-8/],
    ['nothing', 'line/3/a/events', '', 'BODY_INVALID', /no body/],
    ['no object', 'line/3/a/events', '7', 'EVENT_INVALID', /JSON object/],
    ['no activity', 'line/3/a/events', { ...own, activity: null }, 'EVENT_INVALID', /activity: it is missing/],
    ['a time without a zone', 'line/3/a/events', { ...own, time: '2026-03-01T09:30:00' }, 'EVENT_INVALID', /offset/],
    ['a time ahead', 'line/3/a/events', { ...own, time: '2026-03-02T09:30:00Z' }, 'EVENT_TOO_FAR_AHEAD', /ahead/],
    ['no workflow', 'any/3', own, 'WORKFLOW_UNKNOWN', /names no workflow/],
    ['an unknown workflow', 'any/3', { ...own, workflow: 'lin' }, 'WORKFLOW_UNKNOWN', /did you mean 'line'/],
    ['a topic of no source', 'hall/3', own, 'EVENT_INVALID', /no source of the MQTT file takes this topic/],
  ])(
    '%s is a dead letter with its reason, acknowledged, and holds up nobody',
    async (_name, topic, payload, code, why) => {
      const { send, settled, events, letters, acknowledged, metrics } = world();
      await send('line/3/a/events', own, { name: 'before' });
      await send(topic, payload, { name: 'bad' });
      await send('line/3/a/events', { ...own, id: 'e2' }, { name: 'after' });
      await settled();
      expect(events.map(({ id }) => id)).toEqual(['e1', 'e2']);
      expect(acknowledged).toEqual(['before', 'bad', 'after']);
      expect(letters).toMatchObject([{ code, source: `mqtt:${topic}`, reason: expect.stringMatching(why) as string }]);
      const raw = Buffer.isBuffer(payload) ? payload : typeof payload === 'string' ? payload : JSON.stringify(payload);
      expect(Buffer.from(letters[0]!.rawBase64, 'base64')).toEqual(Buffer.from(raw));
      const text = await metrics.text();
      expect(text).toContain(`takt_events_rejected_total{code="${code}"} 1`);
      expect(text).toContain(`takt_dead_letters_total{code="${code}"} 1`);
      expect(text).toContain('takt_mqtt_messages_total{outcome="refused"} 1');
      expect(text).toContain('takt_mqtt_messages_total{outcome="taken"} 2');
    },
  );

  test('one that is too big is named by its size; sent again it is the same dead letter', async () => {
    const { send, settled, letters, acknowledged } = world();
    for (let i = 0; i < 2; i++) await send('line/3/a/events', '{"case":"P-1"', { bytes: 300_000 });
    await settled();
    expect(letters[0]).toMatchObject({
      code: 'BODY_TOO_LARGE',
      reason: expect.stringContaining('300000 bytes') as string,
    });
    expect(letters[1]!.id).toBe(letters[0]!.id);
    expect(acknowledged).toHaveLength(2);
  });

  test('of an array the bad items are refused alone', async () => {
    const { send, settled, events, letters } = world();
    await send('line/3/a/events', [own, 7, { ...own, id: 'e3' }]);
    await settled();
    expect(events.map(({ id }) => id)).toEqual(['e1', 'e3']);
    expect(letters).toMatchObject([{ rawBase64: Buffer.from('7').toString('base64') }]);
  });
});

describe('the log decides when a message is acknowledged', () => {
  test('not before its events are in it; what comes meanwhile goes together', async () => {
    let flush = (): void => {};
    const flushed: number[] = [];
    const { send, settled, acknowledged } = world({
      append: async (batch) => {
        flushed.push(batch.length);
        await new Promise<void>((resolve) => (flush = resolve));
      },
    });
    for (let i = 1; i <= 4; i++) await send('line/3/a/events', { ...own, id: `e${i}` }, { name: `m${i}` });
    await settled();
    expect(acknowledged).toEqual([]);
    flush();
    await settled();
    expect(acknowledged).toEqual(['m1']);
    flush();
    await settled();
    expect(acknowledged).toEqual(['m1', 'm2', 'm3', 'm4']);
    expect(flushed).toEqual([1, 3]);
  });

  test('a log that does not take them is tried again, told once each way', async () => {
    let full = true;
    const { send, settled, acknowledged, told, clock, letters } = world({
      append: async () => {
        if (full) throw new TaktError('LOG_FULL', 'the log is full.');
      },
    });
    await send('line/3/a/events', [own, 7]);
    for (let i = 0; i < 3; i++) {
      await settled();
      clock.advance(60_000);
    }
    await settled();
    expect(acknowledged).toEqual([]);
    // Its dead letter comes after its events.
    expect(letters).toEqual([]);
    full = false;
    clock.advance(60_000);
    await settled();
    expect(acknowledged).toHaveLength(1);
    expect(letters).toHaveLength(1);
    expect(told).toEqual(['the log is full.', 'goes on']);
  });

  test('so many may wait, then the sender does; what its broker sends again is let go', async () => {
    let flush = (): void => {};
    const { send, settled, acknowledged, appends } = world({
      limits: { messagesInFlightMax: 2 },
      append: async (batch) => {
        appends.push(batch.length);
        await new Promise<void>((resolve) => (flush = resolve));
      },
    });
    let gone = false;
    const again = { gone: () => gone };
    const done: number[] = [];
    const sends = [0, 1, 2, 3, 4].map((i) =>
      send('line/3/a/events', { ...own, id: `e${i}` }, i === 0 || i === 4 ? {} : again).then(() => done.push(i)),
    );
    await settled();
    // The first is being appended, two may wait; whoever sends more has to.
    expect(done).toEqual([0, 1, 2]);
    gone = true;
    flush();
    await settled();
    await Promise.all(sends);
    flush();
    await settled();
    expect(appends).toEqual([1, 1]);
    expect(acknowledged).toHaveLength(2);
  });

  test('stop ends with what is being written; what waits is not acknowledged', async () => {
    let flush = (): void => {};
    const { send, settled, acknowledged, intake } = world({
      append: () => new Promise<void>((resolve) => (flush = resolve)),
    });
    await send('line/3/a/events', own, { name: 'm1' });
    await send('line/3/a/events', own, { name: 'm2' });
    const stopped = intake.stop();
    flush();
    await stopped;
    await settled();
    expect(acknowledged).toEqual(['m1']);
  });

  test('a log that stays away does not hold up a stop', async () => {
    const { send, settled, acknowledged, intake } = world({
      append: async () => {
        throw new TaktError('LOG_UNAVAILABLE', 'no broker answers.');
      },
    });
    await send('line/3/a/events', own);
    await settled();
    await intake.stop();
    expect(acknowledged).toEqual([]);
  });
});
