import { PassThrough } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { AlertMemory, EPISODES_MAX } from '../../services/wallboard/live/alert-memory.ts';
import { type LivePoint, POINTS_MAX, SERIES_MAX, SeriesMemory } from '../../services/wallboard/live/series-memory.ts';
import { TopicTail } from '../../services/wallboard/live/topic-tail.ts';
import { Pipeline, type PipelineReport } from '../../services/wallboard/pipeline.ts';
import { QUEUE_BYTES_MAX, StreamClient } from '../../services/wallboard/stream/stream-client.ts';
import type { TransitionRow } from '../../services/shared/ports/kpi-rows.ts';

function point(windowEndMs: number, version: number, value: number, withdrawn = false): LivePoint {
  return {
    windowStartMs: windowEndMs - 1,
    windowEndMs,
    value,
    samples: 1,
    state: 'final',
    withdrawn,
    version: BigInt(version),
    changedMs: null,
  };
}

test('of a window the highest version stays, in whatever order store and log tell it', () => {
  const memory = new SeriesMemory();
  const labels = { team: 'a' };
  const put = (...args: Parameters<typeof point>): boolean => memory.put('a', labels, point(...args));
  expect([put(2, 5, 20), put(1, 4, 10), put(2, 4, 19), put(2, 5, 21), put(3, 6, 30)]).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
  expect(memory.all()[0]!.points.map(({ value }) => value)).toEqual([10, 20, 30]);
  put(3, 7, 30, true);
  expect(put(3, 6, 30)).toBe(false);
  expect(memory.all()[0]!.points.map(({ value }) => value)).toEqual([10, 20]);
});

test('windows and series are bounded: the oldest windows and the series that changed longest ago leave', () => {
  const memory = new SeriesMemory();
  for (let i = 1; i <= POINTS_MAX + 5; i++) memory.put('a', {}, point(i, 1, i));
  expect(memory.all()[0]!.points.length).toBe(POINTS_MAX);
  expect(memory.all()[0]!.points[0]!.value).toBe(6);
  expect(memory.put('a', {}, point(1, 9, 1))).toBe(false);
  for (let i = 1; i < SERIES_MAX; i++) memory.put(`s${i}`, { i: String(i) }, point(1, 1, i));
  memory.put('a', {}, point(POINTS_MAX + 6, 1, 0));
  memory.put('new', { i: 'new' }, point(1, 1, 0));
  expect([memory.all().length, memory.evicted]).toEqual([SERIES_MAX, 1]);
  expect(memory.all().some(({ labels }) => labels['i'] === '1')).toBe(false);
  expect(memory.all().some(({ labels }) => labels['i'] === undefined)).toBe(true);
});

test('windows that are withdrawn before they were known hide none that stand, however many they are', () => {
  const memory = new SeriesMemory();
  memory.put('a', {}, point(1, 1, 10));
  for (let i = 2; i <= POINTS_MAX + 10; i++) memory.put('a', {}, point(i, 1, i, true));
  expect(memory.all()[0]!.points.map(({ value }) => value)).toEqual([10]);
  // Nor do those that were known and no longer stand.
  for (let i = 2; i <= POINTS_MAX; i++) memory.put('a', {}, point(i, 2, i));
  for (let i = 2; i <= POINTS_MAX; i += 2) memory.put('a', {}, point(i, 3, i, true));
  for (let i = 1; i <= POINTS_MAX / 2; i++) memory.put('a', {}, point(1_000 + i, 1, i));
  expect(memory.all()[0]!.points.length).toBe(POINTS_MAX);
  expect(memory.all()[0]!.points[0]!.value).toBe(10);
});

test('a tail hands on what was appended since it was opened, each once', async () => {
  const clock = new ManualClock(0);
  const log = new MemoryLog({ clock, limitBytes: 1e6 });
  await log.createTopic('values', 2);
  const record = (partition: number, text: string) => ({
    topic: 'values',
    partition,
    key: null,
    value: Buffer.from(text),
  });
  await log.append([record(0, 'before')]);
  const tail = await TopicTail.open({ topic: 'values', log, clock });
  await log.append([record(1, 'between'), record(0, 'a')]);
  const seen: string[] = [];
  const running = tail.run((value) => seen.push(Buffer.from(value).toString()));
  await clock.sleep(0);
  await log.append([record(0, 'b')]);
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  tail.stop();
  await running;
  expect(seen.toSorted()).toEqual(['a', 'b', 'between']);
});

function report(
  aggregateMs: number | null,
  roll: { next: number; end: number; heardMs: number | null },
): PipelineReport {
  return {
    ready: true,
    halted: null,
    failing: [],
    tasks: [
      { stage: 'aggregate', topic: 'events.w', partition: 0, nextOffset: 9, endOffset: 10, watermarkMs: aggregateMs },
      {
        stage: 'roll',
        topic: 'slices',
        partition: 0,
        nextOffset: roll.next,
        endOffset: roll.end,
        watermarkMs: roll.heardMs,
      },
    ],
  };
}

test('values are complete up to a watermark only once roll has read what was published with it', () => {
  const pipeline = new Pipeline();
  const completeMs = (state: ReturnType<Pipeline['look']>) => state.workflows['w']!.completeMs;
  expect(completeMs(pipeline.look(report(100, { next: 5, end: 5, heardMs: null })))).toBeNull();
  expect(completeMs(pipeline.look(report(200, { next: 5, end: 8, heardMs: 50 })))).toBe(50);
  // The first look's ends are those of the second: 8.
  expect(completeMs(pipeline.look(report(300, { next: 7, end: 9, heardMs: 50 })))).toBe(50);
  expect(completeMs(pipeline.look(report(400, { next: 8, end: 9, heardMs: 50 })))).toBe(100);
  const stuck = pipeline.look(report(500, { next: 8, end: 20, heardMs: 50 }));
  expect(completeMs(stuck)).toBe(100);
  expect(stuck.workflows['w']!.lagRecords).toBe(1);
  expect(completeMs(pipeline.look(report(600, { next: 20, end: 20, heardMs: 50 })))).toBe(500);
});

test('a pipeline says what is wrong, the gravest first', () => {
  const base = report(1, { next: 1, end: 1, heardMs: 1 });
  const failing = [{ stage: 'roll', step: 'store', code: 'STORE_FAILED' }];
  const state = (changes: Partial<PipelineReport>) => {
    const { state, reasons } = new Pipeline().look({ ...base, ...changes });
    return [state, ...reasons];
  };
  expect(state({})).toEqual(['running']);
  expect(state({ ready: false })).toEqual(['starting']);
  expect(state({ ready: false, failing })).toEqual(['failing', 'roll: store (STORE_FAILED)']);
  expect(state({ failing, halted: 'gap' })).toEqual(['halted', 'gap']);
});

function transition(to: TransitionRow['to'], timeMs: number, changes: Partial<TransitionRow> = {}): TransitionRow {
  return {
    rule: 'slow',
    ruleHash: 'h',
    kpi: 'k',
    labels: '[["team","a"]]',
    from: 'inactive',
    to,
    timeMs,
    episode: 'e',
    provisional: false,
    value: timeMs,
    target: 1,
    samples: 1,
    severity: 'page',
    notify: [],
    suppressed: null,
    reason: '',
    version: BigInt(timeMs),
    partition: 0,
    ...changes,
  };
}

test('an episode is what its transitions say, in whatever order they come; rules not in force are passed over', () => {
  const memory = new AlertMemory(['h']);
  expect(memory.put(transition('inactive', 30))).toBe(true);
  expect(memory.put(transition('pending', 10))).toBe(true);
  expect(memory.put(transition('firing', 20))).toBe(true);
  expect([memory.put(transition('firing', 20)), memory.put(transition('firing', 1, { ruleHash: 'old' }))]).toEqual([
    false,
    false,
  ]);
  expect(memory.all()).toMatchObject([{ state: 'inactive', beganMs: 10, firedMs: 20, endedMs: 30, value: 30 }]);
});

test('episodes are bounded: what ended longest ago leaves, what fires stays', () => {
  const memory = new AlertMemory(['h']);
  memory.put(transition('firing', 1, { episode: 'on' }));
  for (let i = 0; i <= EPISODES_MAX; i++) memory.put(transition('inactive', 10 + i, { episode: `e${i}` }));
  const left = memory.all();
  expect(left.length).toBe(EPISODES_MAX);
  expect(left.some(({ episode }) => episode === 'on')).toBe(true);
  expect(left.some(({ episode }) => episode === 'e0' || episode === 'e1')).toBe(false);
});

test('a screen that takes nothing is dropped before it fills the memory', () => {
  const pipe = new PassThrough({ highWaterMark: 1 });
  const response = Object.assign(pipe, { writeHead: () => pipe, flushHeaders() {} }) as unknown as ServerResponse;
  let dropped = 0;
  const client = new StreamClient(response, {}, () => dropped++);
  const event = 'x'.repeat(QUEUE_BYTES_MAX / 4);
  for (let i = 0; i < 10; i++) client.send(event);
  expect([dropped, client.closed]).toEqual([1, true]);
});

test('a changed catalogue that was not taken in is told with the first of what is wrong', () => {
  const report = { ready: true, halted: null, failing: [], tasks: [] };
  const look = (problem: string | null) => new Pipeline().look({ ...report, catalogue: { problem, loadedMs: 7 } });
  expect(look(null).catalogue).toBeUndefined();
  const problem =
    "/etc/my takt/line.yaml:4:12: unknown aggregate 'cuont'; allowed: count, sum\n/etc/my takt/line.yaml:9:1: more";
  expect(look(problem).catalogue).toEqual({ problem: "line.yaml:4:12: unknown aggregate 'cuont'", loadedMs: 7 });
  expect(look('The folder /etc/takt has no catalogue.').catalogue?.problem).toBe(
    'The folder /etc/takt has no catalogue',
  );
});
