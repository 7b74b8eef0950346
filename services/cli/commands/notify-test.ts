import { describeDirectory, findRunning } from '../data-directory.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, catalogueOf } from './session.ts';

/** Options of `takt notify test`. */
export type NotifyTestOptions = Pick<CommonOptions, 'data' | 'catalogue'>;

/**
 * `takt notify test CHANNEL`: sends one message through the process that serves the data directory, which has the secrets
 * of its environment; from here where none runs. Throws CHANNEL_UNKNOWN, NOTIFY_FAILED.
 */
export async function notifyTest(wiring: Wiring, channel: string, options: NotifyTestOptions): Promise<void> {
  // A catalogue that is named is the one that is meant, whatever runs.
  const url = options.catalogue === undefined ? await findRunning(describeDirectory(options.data)) : null;
  if (url !== null) {
    const { key } = (await call(url, '/v1/notify/test', { channel })) as { readonly key: string };
    process.stdout.write(`${channel} took the test message ${key}, sent by takt at ${url}.\n`);
    return;
  }
  const paths = await catalogueOf(wiring, options);
  const { key } = await wiring.testChannel(await wiring.loadCatalogue(paths), channel);
  process.stdout.write(
    `${channel} took the test message ${key}, sent from here with the catalogue ${paths.join(', ')}.\n`,
  );
}
