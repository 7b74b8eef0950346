// The thread that plays the demonstration, so that the main one is free; it ends with its process.
import { parentPort, workerData } from 'node:worker_threads';
import type { DemoState } from './demo-state.ts';
import { Feeder, type FeederProgress } from './feeder.ts';
import { loadSimulator } from './profile.ts';
import { Playback } from './simulator.ts';
import { httpTarget } from './target.ts';

/** What the thread is given. */
export interface FeederWork {
  readonly url: string;
  readonly dataPath: string;
  readonly state: DemoState;
  readonly profiles: readonly string[];
  /** Workflows that the catalogue has; the others are left out. */
  readonly workflows: readonly string[];
}

/** What it says. */
export type FeederNews = FeederProgress | { readonly kind: 'failed'; readonly reason: string };

const { url, dataPath, state, profiles, workflows } = workerData as FeederWork;
const port = parentPort!;
const tell = (news: FeederNews): void => port.postMessage(news);
try {
  const simulators = await Promise.all(profiles.map((path) => loadSimulator(path, state.anchorMs)));
  const feeder = new Feeder({
    dataPath,
    state,
    playbacks: simulators.filter(({ workflow }) => workflows.includes(workflow)).map((each) => new Playback(each)),
    target: httpTarget(url),
    nowMs: Date.now,
    onProgress: tell,
  });
  port.once('message', () => feeder.stop());
  await feeder.run();
} catch (error) {
  tell({ kind: 'failed', reason: (error as Error).message });
}
port.close();
