import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DemoState } from './demo-state.ts';
import { DEMO_WORKFLOWS } from './demo-directory.ts';
import type { FeederNews, FeederWork } from './feeder-worker.ts';

/** Least time between two lines about the older history. */
const LINE_EVERY_MS = 5_000;

/** A demonstration that plays. */
export interface RunningFeeder {
  /** Ends it; resolves when its state is written. */
  stop(): Promise<void>;
}

/** Starts the thread that plays the demonstration into the takt at `url`, and says on stderr how far it is. */
export function startFeeder(options: {
  readonly url: string;
  readonly dataPath: string;
  readonly state: DemoState;
  readonly examples: string;
  readonly workflows: readonly string[];
}): RunningFeeder {
  const { examples, ...rest } = options;
  const profiles = DEMO_WORKFLOWS.map((workflow) => join(examples, workflow, 'simulator.yaml'));
  const work: FeederWork = { ...rest, profiles };
  const worker = new Worker(new URL('feeder-worker.js', import.meta.url), { workerData: work });
  const startMs = Date.now();
  let saidMs = 0;
  worker.on('message', (news: FeederNews) => {
    const nowMs = Date.now();
    const line = lineOf(news, (nowMs - startMs) / 1_000, nowMs - saidMs >= LINE_EVERY_MS);
    if (line === null) return;
    saidMs = nowMs;
    process.stderr.write(`  demo       ${line}\n`);
  });
  worker.on('error', (error) => process.stderr.write(`  demo       stopped: ${error.message}\n`));
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  return {
    async stop() {
      worker.postMessage('stop');
      await ended;
    },
  };
}

/** What to say; null for nothing. `isDue`: enough time has passed for a line about the older history. */
function lineOf(news: FeederNews, seconds: number, isDue: boolean): string | null {
  if (news.kind === 'failed') return `stopped: ${news.reason}`;
  const { kind, workflow, share, events } = news;
  switch (kind) {
    case 'live':
      return `${workflow} is live`;
    case 'gap':
      return `${workflow}: filled in what happened while takt was off`;
    case 'history':
      return isDue ? `history: ${Math.floor(share * 100)}% of two weeks, the newest first` : null;
    case 'complete':
      return `two weeks of history are there: ${events.toLocaleString('en-US')} events in ${seconds.toFixed(0)} s`;
  }
}
