import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How far a workflow of the demonstration is. */
export interface WorkflowState {
  /** Cases of the blocks from this one on are loaded; null before the first part. Goes down to the history's start. */
  loadedFromBlock: number | null;
  /** Detail is loaded from here on. */
  detailFromMs: number;
  /** Everything before this was sent. */
  sentToMs: number;
}

/** What a data directory remembers of its demonstration, `demo.json`. */
export interface DemoState {
  readonly version: 1;
  /** The instant of the first start: with the seeds it decides every event. */
  readonly anchorMs: number;
  readonly workflows: Record<string, WorkflowState>;
}

const FILE = 'demo.json';

/** The state of a workflow of which nothing is loaded. */
export function unloadedState(anchorMs: number): WorkflowState {
  return { loadedFromBlock: null, detailFromMs: anchorMs, sentToMs: anchorMs };
}

/** The state of the demonstration in a data directory; null where there is none. */
export async function readDemoState(dataPath: string): Promise<DemoState | null> {
  try {
    return JSON.parse(await readFile(join(dataPath, FILE), 'utf8')) as DemoState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces the state as a whole. It may be behind what was sent, never ahead: what is sent again counts once. */
export async function writeDemoState(dataPath: string, state: DemoState): Promise<void> {
  const path = join(dataPath, FILE);
  await writeFile(`${path}.new`, JSON.stringify(state));
  await rename(`${path}.new`, path);
}
