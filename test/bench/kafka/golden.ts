import { readFile } from 'node:fs/promises';
import { minuteOf } from '../expected-minutes.ts';

/**
 * Throws unless the rivals' golden answer (team, minute in ms, count, sum, min, max, p95 in ms) is what the times to close
 * come to. Its p95 is the value at rank ⌊0.95·(n-1)⌋+1, where takt takes rank ⌈0.95·n⌉; so both are checked against the
 * same times, each at its own rank.
 */
export async function checkGolden(path: string, minutes: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  if (lines.length !== minutes.size)
    throw new Error(`the golden answer has ${lines.length} minutes, the events that takt reads have ${minutes.size}`);
  for (const line of lines) {
    const [team, startMs] = line.split(',');
    const times = minutes.get(`${team} ${startMs}`) ?? [];
    const { count, sum, min, max } = minuteOf(times);
    const p95 = times[Math.floor(0.95 * (count - 1))];
    const own = [team, startMs, count, sum, min, max, p95].join();
    if (own !== line) throw new Error(`the golden answer has ${line}, the events that takt reads give ${own}`);
  }
}
