import { SingleBar, Presets } from 'cli-progress';
import type { ImportProgress } from './import-options.ts';

/** Least time between two plain lines. */
export const PLAIN_LINE_EVERY_MS = 5000;

/** Shows how far an import is. */
export interface ProgressDisplay {
  update(progress: ImportProgress): void;
  /** Ends the bar, so that what follows starts on a line of its own; an update after that begins another one. */
  stop(): void;
}

/** The part of a stream that is needed to show progress: stderr, or a fake. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

/** A bar on a terminal, otherwise a plain line every few seconds. `nowMs` gives the time in milliseconds. */
export function createProgress(stream: ProgressStream, nowMs: () => number): ProgressDisplay {
  return stream.isTTY === true ? barDisplay(stream as NodeJS.WriteStream) : plainDisplay(stream, nowMs);
}

function barDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  const format = '{bar} {percentage}% | {told} | {eta_formatted} left';
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: false }, Presets.shades_classic);
  let started = false;
  return {
    update(progress) {
      if (!started) bar.start(progress.bytesTotal, 0, { told: told(progress) });
      started = true;
      bar.update(progress.bytesRead, { told: told(progress) });
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
  };
}

function plainDisplay(stream: ProgressStream, nowMs: () => number): ProgressDisplay {
  let lastMs = nowMs();
  return {
    update(progress) {
      const { bytesRead, bytesTotal } = progress;
      if (nowMs() - lastMs < PLAIN_LINE_EVERY_MS) return;
      lastMs = nowMs();
      const percent = bytesTotal === 0 ? 100 : Math.floor((bytesRead / bytesTotal) * 100);
      stream.write(`${percent}%: ${told(progress)}\n`);
    },
    stop() {},
  };
}

function told({ checking, rows, events, deadLetters }: ImportProgress): string {
  return checking ? `checking, ${rows} rows` : `${rows} rows, ${events} events, ${deadLetters} dead letters`;
}
