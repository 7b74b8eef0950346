import type { RivalEvent } from './rival-records.ts';
import { seeded } from '../workload.ts';

const TEAMS = 50;
/** A case closes after a lognormal time: that of the rivals' generator for a live load, in ms. */
const CLOSE_MEDIAN_MS = 5_000;
const CLOSE_SIGMA = 0.9;
const SEED = 7;

interface OpenCase {
  readonly closeMs: number;
  readonly number: number;
  readonly team: string;
}

/** Events that happen now, distributed as those of the rivals' live load: of those that are due to close one does, else one opens. */
export class LiveEvents {
  private readonly random = seeded(SEED);
  /** A heap: the case that closes first is at its top. */
  private readonly open: OpenCase[] = [];
  private cases = 0;

  /** The event of this moment, ms UTC. */
  next(nowMs: number): RivalEvent {
    const first = this.open[0];
    if (first !== undefined && first.closeMs <= nowMs) return eventOf(this.pop(), true, nowMs);
    const team = `team-${String(Math.floor(this.random() * TEAMS)).padStart(2, '0')}`;
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    const closeMs = nowMs + Math.floor(CLOSE_MEDIAN_MS * Math.exp(CLOSE_SIGMA * normal));
    const opened = { closeMs, number: this.cases++, team };
    this.push(opened);
    return eventOf(opened, false, nowMs);
  }

  /** Whether the last event comes twice: one in a hundred. */
  isRepeated(): boolean {
    return this.random() < 0.01;
  }

  private push(added: OpenCase): void {
    const { open } = this;
    let at = open.length;
    open.push(added);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (open[parent]!.closeMs <= added.closeMs) break;
      open[at] = open[parent]!;
      at = parent;
    }
    open[at] = added;
  }

  private pop(): OpenCase {
    const { open } = this;
    const first = open[0]!;
    const last = open.pop()!;
    if (open.length === 0) return first;
    let at = 0;
    for (let child = 1; child < open.length; child = 2 * at + 1) {
      if (child + 1 < open.length && open[child + 1]!.closeMs < open[child]!.closeMs) child++;
      if (last.closeMs <= open[child]!.closeMs) break;
      open[at] = open[child]!;
      at = child;
    }
    open[at] = last;
    return first;
  }
}

function eventOf({ number, team }: OpenCase, closes: boolean, at: number): RivalEvent {
  const digits = String(number).padStart(7, '0');
  const id = `${(Math.imul(number * 2 + (closes ? 1 : 0), 0x9e3779b1) >>> 0).toString(16).padStart(12, '0')}${digits}${closes ? 1 : 0}`;
  return { id, case: `L${digits}`, activity: closes ? 'CLOSED' : 'OPENED', at, team, value: 0 };
}
