import { existsSync } from 'node:fs';
import { describeDirectory, findRunning } from '../data-directory.ts';
import type { Wiring } from '../wiring.ts';
import { call } from './session.ts';

/** Options of `takt notify test`. */
export interface NotifyTestOptions {
  readonly data: string;
  readonly catalogue?: string;
}

/**
 * `takt notify test CHANNEL`: sends one message through the process that serves the data directory, which has the secrets
 * of its environment; from here where none runs. Throws CHANNEL_UNKNOWN, NOTIFY_FAILED.
 */
export async function notifyTest(wiring: Wiring, channel: string, options: NotifyTestOptions): Promise<void> {
  const directory = describeDirectory(options.data);
  // A catalogue that is named is the one that is meant, whatever runs.
  const url = options.catalogue === undefined ? await findRunning(directory) : null;
  if (url !== null) {
    const { key } = (await call(url, '/v1/notify/test', { channel })) as { readonly key: string };
    process.stdout.write(`${channel} took the test message ${key}, sent by takt at ${url}.\n`);
    return;
  }
  const { cataloguePath } = directory;
  const path = options.catalogue ?? (existsSync(cataloguePath) ? cataloguePath : wiring.starterCatalogue);
  const { key } = await wiring.testChannel(await wiring.loadCatalogue(path), channel);
  process.stdout.write(`${channel} took the test message ${key}, sent from here with the catalogue ${path}.\n`);
}
