import { join } from 'node:path';
import { ManagedProcess } from '../../cluster/managed-process.ts';
import { freePort } from '../../support/java.ts';
import { packageRoot } from '../package-root.ts';
import { nodeFlags } from '../product.ts';

const PROGRAM = join(packageRoot, 'dist', 'services', 'cli', 'main.js');
/** The same five KPIs as the catch-up over takt's own log. */
const CATALOGUE = join(packageRoot, 'test', 'bench', 'catch-up.yaml');

/** By what the processor decodes what it fetches: itself, or kafkajs by the switch TAKT_KAFKA_DECODING. */
export type Decoding = 'own' | 'kafkajs';

/** A `takt processor`, and where it tells how it is. */
export interface ProcessorProcess {
  readonly process: ManagedProcess;
  readonly url: string;
}

/**
 * An ordinary `takt processor` of the built takt, not started yet. Its name is always the same, as after a restart.
 * `folder`: for what it says. TAKT_BENCH_PROFILE=1 leaves a processor profile in the working directory.
 */
export async function processorProcess(options: {
  readonly folder: string;
  readonly broker: string;
  readonly storeUrl: string;
  readonly decoding: Decoding;
}): Promise<ProcessorProcess> {
  const { folder, broker, storeUrl, decoding } = options;
  const port = await freePort();
  const profile = process.env['TAKT_BENCH_PROFILE'] === undefined ? [] : ['--cpu-prof'];
  const own = ['--instance', 'bench', '--port', String(port), '--catalogue', CATALOGUE];
  const args = [...nodeFlags(), ...profile, PROGRAM, 'processor', ...own];
  const environment = {
    TAKT_LOG: `kafka://${broker}`,
    TAKT_STORE: storeUrl,
    ...(decoding === 'own' ? {} : { TAKT_KAFKA_DECODING: decoding }),
  };
  const logPath = join(folder, 'processor.log');
  return { process: new ManagedProcess('processor', args, logPath, environment), url: `http://127.0.0.1:${port}` };
}
