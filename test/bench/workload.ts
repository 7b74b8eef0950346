/** Values of the label `team`. */
export const TEAMS = 50;
/** Cases that are open at a time once a stream has run for a while. */
const OPEN_CASES = 10_000;

/** One event of the workload; each is sent once. */
export interface WorkloadEvent {
  readonly id: string;
  readonly caseId: string;
  readonly activity: 'opened' | 'closed';
  readonly team: string;
}

/** A seeded generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Cases of 50 teams that are opened and later closed, endless and the same for the same `name` and `openCases`. While
 * fewer than `openCases` are open every event opens one (default 10,000); after that half of the events close one.
 */
export function* workload(name: string, openCases = OPEN_CASES): Generator<WorkloadEvent, never> {
  const random = seeded(Buffer.from(name).reduce((hash, byte) => Math.imul(hash, 31) + byte, 7));
  const open: number[] = [];
  let cases = 0;
  for (let n = 0; ; n++) {
    const closes = open.length >= openCases && random() < 0.5;
    let number = cases;
    if (closes) {
      const at = Math.floor(random() * open.length);
      number = open[at]!;
      open[at] = open.at(-1)!;
      open.pop();
    } else open.push(cases++);
    const team = `team-${String(number % TEAMS).padStart(2, '0')}`;
    yield { id: `${name}-${n}`, caseId: `${name}-${number}`, activity: closes ? 'closed' : 'opened', team };
  }
}

/** The event as a CloudEvent; `timeMs` is its event time. */
export function cloudEvent({ id, caseId, activity, team }: WorkloadEvent, timeMs: number): Record<string, unknown> {
  const time = new Date(timeMs).toISOString();
  return { specversion: '1.0', source: 'bench', id, subject: caseId, type: activity, time, data: { team } };
}

/** A CloudEvent by which a rule is made to fire: the first of its label `probe`, which is its number. */
export function probe(number: number, timeMs: number): Record<string, unknown> {
  const time = new Date(timeMs).toISOString();
  const id = `probe-${number}`;
  return { specversion: '1.0', source: 'bench', id, subject: id, type: 'probed', time, data: { probe: `${number}` } };
}

/** Header of the lines that `csvLine` gives. */
export const CSV_HEADER = 'case,activity,time,team,id\n';

/** The event as a line of CSV; `timeMs` is its event time. */
export function csvLine({ id, caseId, activity, team }: WorkloadEvent, timeMs: number): string {
  return `${caseId},${activity},${new Date(timeMs).toISOString()},${team},${id}\n`;
}
