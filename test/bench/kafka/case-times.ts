import type { ClosedCase } from '../expected-minutes.ts';

/** When cases were opened and closed, collected from events in any order, also from some that come twice. */
export class CaseTimes {
  // By the case's number.
  private readonly openedMs: number[] = [];
  private readonly closedMs: number[] = [];
  private readonly teams: string[] = [];
  /** Events, each counted once. */
  events = 0;
  /** Cases. */
  count = 0;
  /** Cases of which both events came. */
  closed = 0;

  /** Takes one event in. `caseId`: a letter and the case's number; `timeMs`: UTC. */
  add(caseId: string, closes: boolean, timeMs: number, team: string): void {
    const number = Number(caseId.slice(1));
    const [own, other] = closes ? [this.closedMs, this.openedMs] : [this.openedMs, this.closedMs];
    if (own[number] !== undefined) return;
    own[number] = timeMs;
    this.teams[number] = team;
    this.events++;
    if (other[number] === undefined) this.count++;
    else this.closed++;
  }

  /** The cases that were opened and closed. */
  *cases(): Generator<ClosedCase> {
    for (const [number, closedMs] of this.closedMs.entries()) {
      const openedMs = this.openedMs[number];
      if (closedMs !== undefined && openedMs !== undefined) yield { team: this.teams[number]!, openedMs, closedMs };
    }
  }
}
