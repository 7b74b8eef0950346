import { SingleBar, Presets } from 'cli-progress';
import type { ImportProgress } from './import-options.ts';

/** Least time between two plain lines. */
export const PLAIN_LINE_EVERY_MS = 5000;

/** Shows how far an import is. */
export interface ProgressDisplay {
  update(progress: ImportProgress): void;
  /** Ends the bar, so that what follows starts on a line of its own. */
  stop(): void;
}

/** The part of a stream that is needed to show progress: stderr, or a fake. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

/** A bar on a terminal, otherwise a plain line every few seconds. `nowMs` gives the time in milliseconds. */
export function createProgress(stream: ProgressStream, nowMs: () => number): ProgressDisplay {
  return stream.isTTY === true ? barDisplay(stream as NodeJS.WriteStream) : plainDisplay(stream, nowMs);
}

function barDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  const format =
    '{bar} {percentage}% | {rows} rows, {events} events, {deadLetters} dead letters | {eta_formatted} left';
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: false }, Presets.shades_classic);
  let started = false;
  return {
    update({ bytesRead, bytesTotal, rows, events, deadLetters }) {
      if (!started) bar.start(bytesTotal, 0, { rows: 0, events: 0, deadLetters: 0 });
      started = true;
      bar.update(bytesRead, { rows, events, deadLetters });
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function plainDisplay(stream: ProgressStream, nowMs: () => number): ProgressDisplay {
  let lastMs = nowMs();
  return {
    update({ bytesRead, bytesTotal, rows, events, deadLetters }) {
      if (nowMs() - lastMs < PLAIN_LINE_EVERY_MS) return;
      lastMs = nowMs();
      const percent = bytesTotal === 0 ? 100 : Math.floor((bytesRead / bytesTotal) * 100);
      stream.write(`${percent}%: ${rows} rows, ${events} events, ${deadLetters} dead letters\n`);
    },
    stop() {},
  };
}
