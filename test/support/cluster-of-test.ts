import { afterEach, beforeEach } from 'vitest';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { temporaryDirectory } from './embedded.ts';

/** Of what each service of a cluster said last, where a test on it failed. */
const SAID_CHARS = 6_000;

/** A folder and a cluster of the test that runs; both are gone after it. To be called where tests are declared. */
export function clusterOfTest(): { folder: string; cluster: LocalCluster | null } {
  const own = { folder: '', cluster: null as LocalCluster | null };
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
    own.folder = directory.path;
  });
  afterEach(async ({ task }) => {
    // Why a cluster does not get there is in the logs of its services only.
    if (task.result?.state === 'fail' && own.cluster !== null) say(own.cluster);
    await own.cluster?.stop();
    own.cluster = null;
    directory.remove();
  });
  return own;
}

function say(cluster: LocalCluster): void {
  const services = [...cluster.services.values()].map((service) => service.process);
  for (const child of [cluster.store, ...services]) {
    const state = child.runs ? '' : ' (ended)';
    process.stdout.write(`##### ${child.name}${state} said last:\n${child.said.slice(-SAID_CHARS)}\n`);
  }
}
