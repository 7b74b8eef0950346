import type { ClosedCase } from './expected-minutes.ts';
import { seeded } from './workload.ts';

/** Events are spread like a million cases over six hours: fewer cases take less time, at the same rate. */
const CASE_EVERY_MS = (6 * 3_600_000) / 1_000_000;
const BASE_MS = Date.UTC(2025, 0, 6);
const CLOSE_MEDIAN_MS = 600_000;
const CLOSE_SIGMA = 0.9;
const DISORDER_MS = 30_000;
const DUPLICATE_SHARE = 0.01;
const DUPLICATE_DELAY_MS = 60_000;
const TEAMS = 50;

/** One record of the topic. */
export interface Arrival {
  readonly caseId: string;
  readonly id: string;
  readonly activity: string;
  readonly team: string;
  readonly timeMs: number;
  /** When it came to the log. */
  readonly arrivedMs: number;
  /** A whole number; absent: none. */
  readonly value?: number;
}

/**
 * Cases that are opened and closed: a million over six hours, lognormal times to close, arrivals up to 30 s out of order
 * and one in a hundred twice. The same for the same number of cases.
 */
export class CatchUpWorkload {
  private readonly opened: Float64Array;
  private readonly closed: Float64Array;
  private readonly teams: Uint8Array;
  /** Per arrival, in their order: its time above BASE_MS, and which case and activity it is of. */
  private readonly arrivals: readonly { readonly arrivedMs: number; readonly which: number }[];

  constructor(cases: number) {
    const random = seeded(42);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    this.opened = new Float64Array(cases);
    this.closed = new Float64Array(cases);
    this.teams = new Uint8Array(cases);
    const arrivals: { arrivedMs: number; which: number }[] = [];
    for (let i = 0; i < cases; i++) {
      const openedMs = Math.floor(i * CASE_EVERY_MS);
      const durationMs = Math.max(1, Math.floor(CLOSE_MEDIAN_MS * Math.exp(CLOSE_SIGMA * normal())));
      this.opened[i] = openedMs;
      this.closed[i] = openedMs + durationMs;
      this.teams[i] = Math.floor(random() * TEAMS);
      for (const [k, timeMs] of [openedMs, openedMs + durationMs].entries()) {
        const arrivedMs = timeMs + Math.floor(random() * DISORDER_MS);
        arrivals.push({ arrivedMs, which: i * 2 + k });
        if (random() < DUPLICATE_SHARE)
          arrivals.push({ arrivedMs: arrivedMs + 1 + Math.floor(random() * DUPLICATE_DELAY_MS), which: i * 2 + k });
      }
    }
    this.arrivals = arrivals.sort((a, b) => a.arrivedMs - b.arrivedMs);
  }

  /** Duplicates included. */
  get length(): number {
    return this.arrivals.length;
  }

  /** The records, in the order of the topic. */
  *records(): Generator<Arrival> {
    for (const { arrivedMs, which } of this.arrivals) {
      const number = which >> 1;
      const closes = (which & 1) === 1;
      const timeMs = closes ? this.closed[number]! : this.opened[number]!;
      yield {
        caseId: `C${String(number).padStart(7, '0')}`,
        id: `${(Math.imul(which, 0x9e3779b1) >>> 0).toString(16).padStart(12, '0')}${String(which).padStart(8, '0')}`,
        activity: closes ? 'closed' : 'opened',
        team: teamName(this.teams[number]!),
        timeMs: BASE_MS + timeMs,
        arrivedMs: BASE_MS + arrivedMs,
      };
    }
  }

  /** The cases, for a computation in one go. */
  *cases(): Generator<ClosedCase> {
    for (let i = 0; i < this.opened.length; i++) {
      const [openedMs, closedMs] = [BASE_MS + this.opened[i]!, BASE_MS + this.closed[i]!];
      yield { team: teamName(this.teams[i]!), openedMs, closedMs };
    }
  }
}

function teamName(number: number): string {
  return `team-${String(number).padStart(2, '0')}`;
}
