import type { ReplayProgress } from './player.ts';
import type { ReplayEvents } from './read-events.ts';

/** Least time between two lines of progress. */
const LINE_EVERY_MS = 5_000;

/** What of the file was left out, as the end of a sentence; empty when nothing was. */
export function because({ leftOut, reasons }: ReplayEvents): string {
  return leftOut === 0 ? '' : `; ${leftOut} lines are none: ${reasons.join('; ')}`;
}

/** What a replay says when it starts. */
export function replayGreeting(
  url: string,
  file: string,
  read: ReplayEvents,
  speed: number,
  screens: readonly string[],
): string {
  const { events } = read;
  const [first, last] = [events[0]!, events.at(-1)!].map(({ timeMs }) => new Date(timeMs).toISOString());
  const lengthMs = events.at(-1)!.timeMs - events[0]!.timeMs;
  return [
    `takt replays ${file} at ${url}`,
    `  events     ${events.length.toLocaleString('en-US')}, from ${first} to ${last}${because(read)}`,
    `  speed      ${speed}: ${Math.max(1, Math.round(lengthMs / speed / 1_000))} s if this machine can keep up; else the clock waits`,
    ...screens.map((name) => `  screen     ${url}/screens/${name}`),
    '  alerts     are written to this log only; live data is not touched',
    '  stop       Ctrl-C',
    '',
  ].join('\n');
}

/** Says on stderr every few seconds how far a replay is. */
export function progressLines(): (progress: ReplayProgress) => void {
  let saidMs = Date.now();
  return ({ nowMs, events, share }) => {
    if (Date.now() - saidMs < LINE_EVERY_MS) return;
    saidMs = Date.now();
    const clock = new Date(nowMs).toISOString().slice(0, 16);
    process.stderr.write(`replay: ${Math.floor(share * 100)}%, the clock is at ${clock}, ${events} events\n`);
  };
}
