import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { daysToMonthEnd } from '../../services/cli/demo/business-time.ts';
import { DEMO_WORKFLOWS } from '../../services/cli/demo/demo-directory.ts';
import { unloadedState } from '../../services/cli/demo/demo-state.ts';
import { DETAIL_MS, nextPart } from '../../services/cli/demo/history.ts';
import { loadSimulator } from '../../services/cli/demo/profile.ts';
import { Playback, type SimulatedEvent } from '../../services/cli/demo/simulator.ts';
import { loadCatalogues } from '../../services/shared/runtime/catalogue-files.ts';
import { loadScreens } from '../../services/shared/runtime/screen-files.ts';
import { lintSmart } from '../../services/shared/core/catalogue/lint-smart.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday, 10:40 in Shanghai. */
const ANCHOR_MS = Date.UTC(2026, 10, 25, 2, 40);
const examples = fileURLToPath(new URL('../../examples', import.meta.url));

async function playbackOf(workflow: string, anchorMs = ANCHOR_MS): Promise<Playback> {
  return new Playback(await loadSimulator(`${examples}/${workflow}/simulator.yaml`, anchorMs));
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

/** The times from the first `from` to the first `to` of each case, in minutes, by when they began. */
function durations(events: readonly SimulatedEvent[], from: string, to: string): { atMs: number; minutes: number }[] {
  const starts = new Map<string, number>();
  const found: { atMs: number; minutes: number }[] = [];
  for (const { caseId, activity, timeMs } of events) {
    if (activity === from && !starts.has(caseId)) starts.set(caseId, timeMs);
    const startMs = starts.get(caseId);
    if (activity !== to || startMs === undefined) continue;
    found.push({ atMs: startMs, minutes: (timeMs - startMs) / 60_000 });
    starts.delete(caseId);
  }
  return found;
}

describe.each(DEMO_WORKFLOWS)('the simulator of %s', (workflow) => {
  test('gives the same events whenever it is asked, and in whatever pieces', async () => {
    const whole = (await playbackOf(workflow)).between(ANCHOR_MS - HOUR_MS, ANCHOR_MS + HOUR_MS);
    const again = await playbackOf(workflow);
    const pieces: SimulatedEvent[] = [];
    for (let at = ANCHOR_MS - HOUR_MS; at < ANCHOR_MS + HOUR_MS; at += 250_000)
      pieces.push(...again.between(at, Math.min(at + 250_000, ANCHOR_MS + HOUR_MS)));
    expect(whole.length).toBeGreaterThan(1_000);
    expect(pieces).toEqual(whole);
  });

  test('loads a history that is exactly the events before the first start, none twice, detail for half a day', async () => {
    const playback = await playbackOf(workflow);
    const { simulator } = playback;
    const loaded: SimulatedEvent[] = [];
    let state = unloadedState(ANCHOR_MS);
    for (
      let next = nextPart(simulator, ANCHOR_MS, state);
      next !== null;
      next = nextPart(simulator, ANCHOR_MS, state)
    ) {
      loaded.push(...playback.part(next.part));
      state = next.after;
    }
    const oldestMs = state.loadedFromBlock! * simulator.blockMs;
    expect(oldestMs).toBeLessThanOrEqual(ANCHOR_MS - 14 * DAY_MS);
    // The first cases of the history began before it; those are not in it.
    const names = (events: readonly SimulatedEvent[]): string[] => events.map(({ caseId, id }) => `${caseId} ${id}`);
    const settledMs = oldestMs + simulator.spanMs;
    const expected = names(playback.between(settledMs, ANCHOR_MS, ANCHOR_MS - DETAIL_MS));
    const found = names(loaded.filter(({ timeMs }) => timeMs >= settledMs));
    expect(new Set(found).size).toBe(found.length);
    expect(found.sort()).toEqual(expected.sort());
  });

  test('keeps within what it promises of blocks', async () => {
    const { simulator } = await playbackOf(workflow);
    for (
      let index = Math.floor((ANCHOR_MS - 3 * DAY_MS) / simulator.blockMs);
      index * simulator.blockMs < ANCHOR_MS;
      index++
    ) {
      const events = simulator.block(index, true);
      const isDetail = ({ activity }: SimulatedEvent) => simulator.detail.has(activity);
      const isOther = (event: SimulatedEvent) => !isDetail(event);
      expect(simulator.block(index, false).filter(isOther)).toEqual(events.filter(isOther));
      expect(Math.max(...events.filter(isDetail).map(({ timeMs }) => timeMs))).toBeLessThan(
        (index + 1) * simulator.blockMs + simulator.detailSpanMs,
      );
      expect(events.length).toBeGreaterThan(0);
      expect(Math.min(...events.map(({ timeMs }) => timeMs))).toBeGreaterThanOrEqual(index * simulator.blockMs);
      expect(Math.max(...events.map(({ timeMs }) => timeMs))).toBeLessThan(
        (index + 1) * simulator.blockMs + simulator.spanMs,
      );
      expect(events.every(({ timeMs }) => Number.isInteger(timeMs))).toBe(true);
    }
  });

  test('is never quiet: something happens in every ten seconds of a day, or nearly', async () => {
    const events = (await playbackOf(workflow)).between(ANCHOR_MS - DAY_MS, ANCHOR_MS);
    const busy = new Set(events.map(({ timeMs }) => Math.floor(timeMs / 10_000)));
    expect(busy.size / (DAY_MS / 10_000)).toBeGreaterThan(0.85);
  });

  test('another first start changes nothing of what happened long before', async () => {
    const [one, two] = await Promise.all([playbackOf(workflow), playbackOf(workflow, ANCHOR_MS + 6 * HOUR_MS)]);
    const span = [ANCHOR_MS - 9 * DAY_MS, ANCHOR_MS - 8 * DAY_MS] as const;
    expect(two.between(...span)).toEqual(one.between(...span));
  });

  test('has a catalogue and a screen that say all that people ask of a KPI', async () => {
    const path = `${examples}/${workflow}/catalogue.yaml`;
    const catalogue = await loadCatalogues([path], { calendarVersion: 'test' });
    expect(lintSmart(catalogue)).toEqual([]);
    for (const kpi of catalogue.kpis.values())
      expect(kpi).toMatchObject({
        name: { en: expect.any(String), 'zh-CN': expect.stringMatching(/\p{Script=Han}/u) },
        objective: expect.any(String),
        better: expect.any(String),
        baseline: expect.any(Number),
      });
    expect(catalogue.rules.size).toBeGreaterThan(0);
    const screen = (await loadScreens([path], catalogue)).get(workflow);
    expect(screen?.generated).toBe(false);
    const known = new Set(catalogue.workflows.get(workflow)!.activities);
    const events = (await playbackOf(workflow)).between(ANCHOR_MS - DAY_MS, ANCHOR_MS);
    expect(new Set(events.map(({ activity }) => activity))).toEqual(known);
  });
});

describe('the production line', () => {
  test('has its bottleneck where the profile says: the slowest station, before which parts wait', async () => {
    const events = (await playbackOf('production-line')).between(ANCHOR_MS - DAY_MS, ANCHOR_MS);
    const cycles = new Map<string, number[]>();
    const waits = new Map<string, number[]>();
    const seen = new Map<string, { at: string; timeMs: number }>();
    for (const { caseId, activity, timeMs, dimensions } of events) {
      const station = dimensions['station'] ?? '';
      const last = seen.get(caseId);
      if (activity === 'finished' && last?.at === `started ${station}`)
        (cycles.get(station) ?? cycles.set(station, []).get(station)!).push(timeMs - last.timeMs);
      if (activity === 'started' && last?.at.startsWith('finished') === true)
        (waits.get(station) ?? waits.set(station, []).get(station)!).push(timeMs - last.timeMs);
      seen.set(caseId, { at: `${activity} ${station}`, timeMs });
    }
    const slowest = (means: ReadonlyMap<string, number[]>): string | undefined =>
      [...means].sort((a, b) => mean(b[1]) - mean(a[1]))[0]?.[0];
    expect(cycles.size).toBe(6);
    expect(slowest(cycles)).toBe('assembly');
    expect(slowest(waits)).toBe('assembly');
  });

  test('stands still soon after the first start, and nothing leaves the station meanwhile', async () => {
    const events = (await playbackOf('production-line')).between(ANCHOR_MS, ANCHOR_MS + 10 * 60_000);
    const stop = events.find(({ activity }) => activity === 'stopped')!;
    const restart = events.find(({ activity, caseId }) => activity === 'restarted' && caseId === stop.caseId)!;
    expect(stop.timeMs - ANCHOR_MS).toBe(45_000);
    const during = events.filter(({ timeMs }) => timeMs > stop.timeMs && timeMs < restart.timeMs);
    const finished = during
      .filter(({ activity }) => activity === 'finished')
      .map(({ dimensions }) => dimensions['station']);
    expect(finished).toContain('cutting');
    expect(finished).not.toContain('assembly');
  });

  test('counts the parts that its last station finished', async () => {
    const { simulator } = await playbackOf('production-line');
    const block = Math.floor(ANCHOR_MS / simulator.blockMs);
    const events = simulator.block(block, true);
    const readings = events.filter(({ activity }) => activity === 'counted').map(({ value }) => Number(value));
    const packed = events.filter(
      ({ activity, dimensions }) => activity === 'finished' && dimensions['station'] === 'packing',
    );
    expect(packed.length).toBeGreaterThan(100);
    expect([readings[0], readings.at(-1)]).toEqual([0, packed.length]);
    expect(readings.toSorted((a, b) => a - b)).toEqual(readings);
  });

  test('scraps more in a bad batch, is slower at night, and plans what it can make', async () => {
    const events = (await playbackOf('production-line')).between(ANCHOR_MS - 7 * DAY_MS, ANCHOR_MS);
    const left = events.filter(({ activity }) => activity === 'left');
    const share = left.filter(({ dimensions }) => dimensions['result'] === 'scrap').length / left.length;
    expect(share).toBeGreaterThan(0.008);
    expect(share).toBeLessThan(0.03);
    const released = (shift: string): number =>
      events.filter(({ activity, dimensions }) => activity === 'released' && dimensions['shift'] === shift).length;
    expect(released('night')).toBeLessThan(released('early') * 0.95);
    const planned = events
      .filter(({ activity }) => activity === 'planned')
      .reduce((sum, { value }) => sum + Number(value), 0);
    expect(left.length / planned).toBeGreaterThan(0.95);
    expect(left.length / planned).toBeLessThan(1.02);
  });
});

describe('the helpdesk', () => {
  test('has a bad morning on the working day before the first start: more tickets, later replies', async () => {
    const events = (await playbackOf('helpdesk')).between(ANCHOR_MS - 2 * DAY_MS, ANCHOR_MS);
    const european = new Set(
      events.filter(({ dimensions }) => dimensions['region'] === 'Europe').map(({ caseId }) => caseId),
    );
    const replies = durations(
      events.filter(({ caseId }) => european.has(caseId)),
      'opened',
      'replied',
    );
    // 08:00 to 11:00 in Europe on Tuesday, and the three hours after 12:00.
    const within = (fromHour: number, toHour: number): number[] => {
      const [fromMs, toMs] = [fromHour, toHour].map((hour) => Date.UTC(2026, 10, 24, hour - 1));
      return replies.filter(({ atMs }) => atMs >= fromMs! && atMs < toMs!).map(({ minutes }) => minutes);
    };
    expect(mean(within(8, 11))).toBeGreaterThan(2 * mean(within(12, 15)));
    expect(within(8, 11).length).toBeGreaterThan(within(12, 15).length);
  });

  test('reopens some tickets, has office hours, and more wait when many write at once', async () => {
    const playback = await playbackOf('helpdesk');
    const events = playback.between(ANCHOR_MS - 5 * DAY_MS, ANCHOR_MS);
    const count = (activity: string): number => events.filter((event) => event.activity === activity).length;
    expect(count('reopened') / count('resolved')).toBeGreaterThan(0.04);
    expect(count('reopened') / count('resolved')).toBeLessThan(0.1);
    const opened = events.filter(
      ({ activity, dimensions }) => activity === 'opened' && dimensions['region'] === 'Europe',
    );
    const byNight = opened.filter(({ timeMs }) => (timeMs / HOUR_MS + 1) % 24 < 6).length;
    expect(byNight).toBeLessThan(opened.length * 0.15);
    const waitingAt = (timeMs: number): number => {
      const before = playback.between(ANCHOR_MS - DAY_MS, timeMs);
      const open = new Set<string>();
      for (const { activity, caseId } of before) {
        if (activity === 'opened') open.add(caseId);
        if (activity === 'replied') open.delete(caseId);
      }
      return open.size;
    };
    // The outage lasts from 75 s to 315 s; its tickets are answered within 90 s of its end.
    expect(waitingAt(ANCHOR_MS + 300_000)).toBeGreaterThan(waitingAt(ANCHOR_MS) + 25);
    expect(waitingAt(ANCHOR_MS + 480_000)).toBeLessThan(waitingAt(ANCHOR_MS) + 15);
  });
});

describe('the sales', () => {
  test('are a funnel: each step has fewer deals', async () => {
    const events = (await playbackOf('sales')).between(ANCHOR_MS - 10 * DAY_MS, ANCHOR_MS - 5 * DAY_MS);
    const steps = ['lead', 'qualified', 'offered', 'contract_sent'].map(
      (step) => events.filter(({ activity }) => activity === step).length,
    );
    const won = events.filter(({ dimensions }) => dimensions['result'] === 'won').length;
    expect([...steps, won].toSorted((a, b) => b - a)).toEqual([...steps, won]);
    expect(won / steps[0]!).toBeGreaterThan(0.1);
    expect(won / steps[0]!).toBeLessThan(0.25);
  });

  test('win more at the end of a month, and less at the weekend', async () => {
    // November 2026: the 30th is a Monday, the 16th too.
    const playback = await playbackOf('sales', Date.UTC(2026, 11, 10));
    const wonOn = (day: number): number =>
      playback
        .between(Date.UTC(2026, 10, day), Date.UTC(2026, 10, day + 1))
        .filter(({ dimensions }) => dimensions['result'] === 'won').length;
    expect(wonOn(30)).toBeGreaterThan(wonOn(16) * 1.1);
    expect(wonOn(15)).toBeLessThan(wonOn(17) * 0.8);
    expect(daysToMonthEnd(Date.UTC(2028, 1, 28), 0)).toBe(1);
    expect(daysToMonthEnd(Date.UTC(2026, 11, 31, 23), 8)).toBe(30);
  });

  test('have slow pages soon after the first start', async () => {
    const events = (await playbackOf('sales')).between(ANCHOR_MS, ANCHOR_MS + 10 * 60_000);
    const seconds = (fromS: number, toS: number): number[] =>
      events
        .filter(
          ({ activity, timeMs }) =>
            activity === 'visited' && timeMs >= ANCHOR_MS + fromS * 1_000 && timeMs < ANCHOR_MS + toS * 1_000,
        )
        .map(({ value }) => Number(value));
    expect(mean(seconds(120, 360))).toBeGreaterThan(3 * mean(seconds(0, 120)));
    expect(mean(seconds(360, 600))).toBeLessThan(1.5);
  });
});
