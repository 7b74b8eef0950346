import { afterEach, beforeEach } from 'vitest';
import type { LocalCluster } from '../cluster/local-cluster.ts';
import { temporaryDirectory } from './embedded.ts';

/** A folder and a cluster of the test that runs; both are gone after it. To be called where tests are declared. */
export function clusterOfTest(): { folder: string; cluster: LocalCluster | null } {
  const own = { folder: '', cluster: null as LocalCluster | null };
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
    own.folder = directory.path;
  });
  afterEach(async () => {
    await own.cluster?.stop();
    own.cluster = null;
    directory.remove();
  });
  return own;
}
