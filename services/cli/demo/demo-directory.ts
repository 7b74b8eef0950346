import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeDirectory } from '../data-directory.ts';
import { type DemoState, readDemoState, writeDemoState } from './demo-state.ts';

/** The workflows of the demonstration: folders of examples/. */
export const DEMO_WORKFLOWS = ['production-line', 'helpdesk', 'sales'] as const;

/**
 * Makes a data directory that does not exist yet one of the demonstration: its catalogues go to catalogue/, its screens
 * to screens/, to be looked at and changed. Gives the state of a demonstration that is there, or was made; null for a
 * directory of somebody's own, in which nothing is changed.
 */
export async function prepareDemo(dataPath: string, examples: string, nowMs: number): Promise<DemoState | null> {
  const directory = describeDirectory(dataPath);
  const state = await readDemoState(directory.path);
  if (state !== null) return state;
  if (existsSync(directory.path) && (await readdir(directory.path)).length > 0) return null;
  const screens = join(directory.path, 'screens');
  for (const folder of [directory.catalogueFolder, screens]) await mkdir(folder, { recursive: true });
  for (const workflow of DEMO_WORKFLOWS) {
    const from = join(examples, workflow);
    await copyFile(join(from, 'catalogue.yaml'), join(directory.catalogueFolder, `${workflow}.yaml`));
    for (const name of await readdir(join(from, 'screens')))
      await copyFile(join(from, 'screens', name), join(screens, name));
  }
  const made: DemoState = { version: 1, anchorMs: nowMs, workflows: {} };
  await writeDemoState(directory.path, made);
  return made;
}
