import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second. */
const TICKS_PER_S = 100;
// Where /proc/PID/stat keeps them, counted behind the name, which may hold anything.
const USER_AT = 11;
const SYSTEM_AT = 12;

/** What a process has used since it began. */
export interface Usage {
  /** Of all its threads, user and system. */
  readonly cpuS: number;
  /** Resident memory at its peak. */
  readonly peakBytes: number;
}

/** What a process that runs has used so far. Linux only. Throws when there is no such process. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuS: (Number(fields[USER_AT]) + Number(fields[SYSTEM_AT])) / TICKS_PER_S,
    peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024,
  };
}
