// What the oracle says of sessions. Imports nothing from services/.

interface Standing {
  readonly activity: string;
  readonly timeMs: number;
  readonly known: string;
}

interface Session {
  readonly kpi: string;
  readonly team: string | null;
  readonly timeMs: number;
  readonly amount: number;
}

/** Events of a case in order, cut where one is more than `gapMs` after the one before. */
function cut(events: readonly Standing[], gapMs: number): Standing[][] {
  const starts = events.flatMap(({ timeMs }, i) => (i === 0 || timeMs - events[i - 1]!.timeMs > gapMs ? [i] : []));
  return starts.map((start, n) => events.slice(start, starts[n + 1]));
}

/** What a case adds to the KPIs visits, visit_length and visit_events of simulation.yaml, each visit at its last event. */
export function sessionsOf(events: readonly Standing[]): Session[] {
  const of = (
    some: readonly Standing[],
    gapMs: number,
    toSession: (visit: readonly Standing[]) => Session,
  ): Session[] => cut(some, gapMs).map(toSession);
  const works = events.filter(({ activity }) => activity === 'work');
  return [
    ...of(events, 60_000, (visit) => ({
      kpi: 'visits',
      team: visit[0]!.known,
      timeMs: visit.at(-1)!.timeMs,
      amount: 1,
    })),
    ...of(events, 60_000, (visit) => ({
      kpi: 'visit_length',
      team: visit.at(-1)!.known,
      timeMs: visit.at(-1)!.timeMs,
      amount: visit.at(-1)!.timeMs - visit[0]!.timeMs,
    })).filter(({ team }) => team !== 'team 1'),
    ...of(works, 45_000, (visit) => ({
      kpi: 'visit_events',
      team: null,
      timeMs: visit.at(-1)!.timeMs,
      amount: visit.length,
    })),
  ];
}
