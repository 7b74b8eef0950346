import type { Steps } from '../steps.ts';
import type { LiveLatency } from './rivals.ts';
import type { PlacedEvent } from './live-topic.ts';

const MINUTE_MS = 60_000;
/** Left out from the first closed case on, as the rivals' runner does. */
const WARM_UP_MS = 10_000;

/** Latencies in ms. */
export type Latencies = Omit<LiveLatency, 'cpuS'>;

/**
 * From an event to its value, as the rivals' runner has it: the k-th case that was closed in a team's minute, with when
 * that minute's count was first seen to be at least k. Throws where it never was.
 */
export function valueLatencies(events: readonly PlacedEvent[], counts: ReadonlyMap<string, Steps>): Latencies {
  const closes = new Map<string, number[]>();
  for (const { team, timeMs, closes: isClose } of events) {
    if (!isClose) continue;
    const key = `${team} ${Math.floor(timeMs / MINUTE_MS) * MINUTE_MS}`;
    const list = closes.get(key);
    if (list === undefined) closes.set(key, [timeMs]);
    else list.push(timeMs);
  }
  const fromMs = warmMs(events);
  const latencies: number[] = [];
  for (const [key, times] of closes) {
    times.sort((a, b) => a - b);
    for (const [i, timeMs] of times.entries()) {
      const seenMs = counts.get(key)?.atLeast(i + 1) ?? null;
      if (seenMs === null) throw new Error(`takt: the count of ${key} was never seen to be ${i + 1}`);
      if (timeMs >= fromMs) latencies.push(seenMs - timeMs);
    }
  }
  return spreadOf(latencies);
}

/** From an event to its row in the archive. Throws where it never was there. */
export function rowLatencies(events: readonly PlacedEvent[], reached: readonly Steps[]): Latencies {
  const fromMs = warmMs(events);
  const latencies: number[] = [];
  for (const { partition, offset, timeMs } of events) {
    const seenMs = reached[partition]!.atLeast(offset);
    if (seenMs === null) throw new Error(`takt: the event at ${partition}/${offset} was never seen in the store`);
    if (timeMs >= fromMs) latencies.push(seenMs - timeMs);
  }
  return spreadOf(latencies);
}

function warmMs(events: readonly PlacedEvent[]): number {
  const first = events.reduce((least, { closes, timeMs }) => (closes ? Math.min(least, timeMs) : least), Infinity);
  return first + WARM_UP_MS;
}

/** Quantiles at the rank that the rivals' runner takes. */
function spreadOf(latencies: readonly number[]): Latencies {
  const sorted = Float64Array.from(latencies).sort();
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
