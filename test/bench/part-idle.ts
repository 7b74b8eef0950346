import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineCluster } from '../cluster/line.ts';
import type { Figure, Part } from './figure.ts';

/** The kernel counts processor time in hundredths of a second (USER_HZ). */
const TICKS_PER_S = 100;

/** What a cluster without traffic costs. */
export const idlePart: Part = {
  name: 'idle',
  about:
    'A cluster on this machine (npm run cluster), one workflow, 12 partitions, no events: the processor time that each process takes, as a share of one core, with ticks, heartbeats of the group and the heartbeat through the line going on. The store is chDB behind an HTTP endpoint of ours.',
  async run({ scale: { warmUpS, measureS }, folder, say }) {
    say('starting a cluster');
    const cluster = await lineCluster(folder, { registry: true });
    try {
      const processes = new Map<string, number>([
        ...[...cluster.services].map(([name, { process: child }]): [string, number] => [name, child.pid]),
        ['broker', cluster.broker.pid!],
        ['store', cluster.store.pid],
      ]);
      await sleep(warmUpS * 1_000);
      say(`measuring for ${measureS} s`);
      const before = new Map([...processes].map(([name, pid]) => [name, cpuSeconds(pid)]));
      const startMs = performance.now();
      await sleep(measureS * 1_000);
      const seconds = (performance.now() - startMs) / 1_000;
      return [...processes].map(([name, pid]): Figure => {
        const share = ((cpuSeconds(pid) - before.get(name)!) / seconds) * 100;
        return { name, value: share, unit: '% of a core' };
      });
    } finally {
      await cluster.stop();
    }
  },
};

/** User and system time of a process so far: fields 14 and 15 of /proc/PID/stat, behind the name in brackets. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}
