/** Windows that end after `afterMs` and at `untilMs` at the latest, milliseconds UTC. */
export interface WindowEnds {
  readonly afterMs: number;
  readonly untilMs: number;
}
