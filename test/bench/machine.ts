import { cpus, release, totalmem, type } from 'node:os';

/** What a figure was measured on; nothing that names the machine or its user. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly date: string;
}

/** Describes this machine, with today's date. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
  };
}
