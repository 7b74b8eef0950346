import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareDemo } from '../../services/cli/demo/demo-directory.ts';
import { readDemoState } from '../../services/cli/demo/demo-state.ts';
import { Feeder } from '../../services/cli/demo/feeder.ts';
import { DETAIL_MS } from '../../services/cli/demo/history.ts';
import { loadSimulator } from '../../services/cli/demo/profile.ts';
import { Playback, type SimulatedEvent } from '../../services/cli/demo/simulator.ts';
import type { Target } from '../../services/cli/demo/target.ts';
import { temporaryDirectory } from '../support/embedded.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ANCHOR_MS = Date.UTC(2026, 10, 25, 2, 40);
const WORKFLOW = 'sales';
const examples = fileURLToPath(new URL('../../examples', import.meta.url));

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

function data(): string {
  return join(folder.path, 'data');
}

/** What a takt was sent, and how; it fails after `callsMax` calls, as one that was killed. */
class Recorder implements Target {
  readonly live: Target['live'];
  readonly sent = new Map<string, SimulatedEvent>();
  readonly imports = new Set<string>();
  liveEvents = 0;
  importedEvents = 0;
  latestMs = 0;
  callsLeft: number;

  constructor(callsMax = Infinity) {
    this.callsLeft = callsMax;
    this.live = async (_workflow, events) => {
      this.take(events);
      this.liveEvents += events.length;
    };
  }

  private call(): void {
    if (--this.callsLeft < 0) throw new Error('killed');
  }

  private take(events: readonly SimulatedEvent[]): void {
    this.call();
    for (const event of events) {
      this.sent.set(`${event.caseId} ${event.id}`, event);
      this.latestMs = Math.max(this.latestMs, event.timeMs);
    }
  }

  async begin(_workflow: string, importId: string): Promise<void> {
    this.call();
    this.imports.add(importId);
  }

  async imported(_workflow: string, _importId: string, events: readonly SimulatedEvent[]): Promise<void> {
    this.take(events);
    this.importedEvents += events.length;
  }

  async end(): Promise<void> {
    this.call();
  }

  async waiting(): Promise<number> {
    return 0;
  }
}

/** Plays from `fromMs` until all history is loaded, or until the target fails, then stops. */
async function play(target: Recorder, fromMs: number): Promise<void> {
  const state = (await prepareDemo(data(), examples, fromMs))!;
  const playbacks = [new Playback(await loadSimulator(`${examples}/${WORKFLOW}/simulator.yaml`, state.anchorMs))];
  let nowMs = fromMs;
  const feeder: Feeder = new Feeder({
    dataPath: data(),
    state,
    playbacks,
    target,
    nowMs: () => (nowMs += 100),
    headStartMs: 0,
    onProgress: ({ kind }) => {
      // What is live has a few rounds after that.
      if (kind === 'complete') setTimeout(() => feeder.stop(), 600);
    },
  });
  await feeder.run().catch((error: Error) => {
    if (error.message !== 'killed') throw error;
  });
  feeder.stop();
}

/** The events that an uninterrupted demonstration would have sent up to a moment; keys of cases and ids. */
async function expected(toMs: number): Promise<string[]> {
  const playback = new Playback(await loadSimulator(`${examples}/${WORKFLOW}/simulator.yaml`, ANCHOR_MS));
  const { blockMs } = playback.simulator;
  const fromBlock = Math.floor((ANCHOR_MS - 14 * DAY_MS) / blockMs);
  const endBlock = Math.floor(toMs / blockMs) + 1;
  const detailFromMs = ANCHOR_MS - DETAIL_MS;
  const events = playback.part({ fromBlock, endBlock, detailFromMs, detailToMs: toMs, toMs });
  return events.map(({ caseId, id }) => `${caseId} ${id}`).sort();
}

function keys(...targets: readonly Recorder[]): string[] {
  return [...new Set(targets.flatMap(({ sent }) => [...sent.keys()]))].sort();
}

test('sends two weeks up to now and goes on live; nothing of the time to come', async () => {
  const target = new Recorder();
  await play(target, ANCHOR_MS);
  const { sentToMs } = (await readDemoState(data()))!.workflows[WORKFLOW]!;
  expect(target.latestMs).toBeLessThan(sentToMs);
  expect(keys(target)).toEqual(await expected(sentToMs));
  expect(target.imports.size).toBeGreaterThan(3);
});

test('after a pause it fills the gap by an import, and it all is what it would have been without the pause', async () => {
  const before = new Recorder();
  await play(before, ANCHOR_MS);
  const after = new Recorder();
  await play(after, ANCHOR_MS + 5 * HOUR_MS);
  const { sentToMs } = (await readDemoState(data()))!.workflows[WORKFLOW]!;
  expect(after.latestMs).toBeGreaterThan(ANCHOR_MS + 4.9 * HOUR_MS);
  expect(keys(before, after)).toEqual(await expected(sentToMs));
  expect([...after.imports]).toEqual([expect.stringMatching(/^demo-gap-/)]);
  expect(after.importedEvents).toBeGreaterThan(500);
  expect(after.importedEvents + after.liveEvents).toBe(after.sent.size);
  // The history is not sent again, but for what may not have been noted.
  const twice = [...after.sent.keys()].filter((key) => before.sent.has(key));
  expect(twice).toEqual([]);
});

test('a short pause is caught up live', async () => {
  await play(new Recorder(), ANCHOR_MS);
  const { sentToMs } = (await readDemoState(data()))!.workflows[WORKFLOW]!;
  const after = new Recorder();
  await play(after, sentToMs + 30_000);
  expect(after.imports.size).toBe(0);
  expect(after.liveEvents).toBeGreaterThan(0);
});

/** Two weeks are made several times for each: without CI, the first call, one of the history, one of what is live. */
const KILLED_AT = process.env['CI'] === 'true' ? [1, 2, 3, 4, 6, 9, 14, 22] : [1, 4, 14];

test.each(KILLED_AT)('killed at call %i and started again: everything, in the end', async (calls) => {
  const targets: Recorder[] = [];
  for (const [index, callsMax] of [calls, calls * 2, Infinity].entries()) {
    const target = new Recorder(callsMax);
    targets.push(target);
    await play(target, ANCHOR_MS + index * 20 * 60_000);
  }
  const { sentToMs } = (await readDemoState(data()))!.workflows[WORKFLOW]!;
  expect(keys(...targets)).toEqual(await expected(sentToMs));
});

test('stopped before anything was there and started hours later: the gap is an import too', async () => {
  await play(new Recorder(2), ANCHOR_MS);
  expect((await readDemoState(data()))!.workflows[WORKFLOW]?.loadedFromBlock ?? null).toBeNull();
  const after = new Recorder();
  await play(after, ANCHOR_MS + 5 * HOUR_MS);
  expect([...after.imports].some((name) => name.startsWith('demo-gap-'))).toBe(true);
  expect(after.liveEvents).toBeLessThan(100);
});

test('a directory of somebody else gets no demonstration', async () => {
  mkdirSync(data());
  writeFileSync(join(data(), 'catalogue.yaml'), 'version: 1\n');
  expect(await prepareDemo(data(), examples, ANCHOR_MS)).toBeNull();
  expect(await readDemoState(data())).toBeNull();
});
