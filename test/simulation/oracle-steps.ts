// What the oracle says of rework, conversion and counter. Imports nothing from services/.

/** An event of a case that stands, with the team known by then; those of a case are in order. */
interface Standing {
  readonly activity: string;
  readonly timeMs: number;
  readonly value: number | null;
  readonly known: string;
}

/** What a case adds to a KPI; `below`: to the lower side of a rate. */
interface Step {
  readonly kpi: string;
  readonly team: string | null;
  readonly timeMs: number;
  readonly amount: number;
  readonly below?: boolean;
}

const ROLLOVER = 20;

/** The KPIs among those below that divide cases by cases. */
export const RATES: readonly string[] = ['again', 'answered', 'kept'];

/** What a case adds to the KPIs again, returns, answered, kept and made of simulation.yaml. */
export function stepsOf(events: readonly Standing[]): Step[] {
  return [...againOf(events), ...returnsOf(events), ...answeredOf(events), ...keptOf(events), ...madeOf(events)];
}

function rate(kpi: string, team: string | null, timeMs: number, below: boolean): Step {
  return { kpi, team, timeMs, amount: 1, below };
}

function againOf(events: readonly Standing[]): Step[] {
  const [first, second] = events.filter(({ activity }) => activity === 'work');
  return [first, second].flatMap((event, i) =>
    event === undefined ? [] : [rate('again', event.known, event.timeMs, i === 0)],
  );
}

function returnsOf(events: readonly Standing[]): Step[] {
  return events.flatMap(({ known, timeMs, value }, i) => {
    const isFirst = events.findIndex((event) => event.known === known) === i;
    if (isFirst || value === null) return [];
    return [{ kpi: 'returns', team: events[0]!.known, timeMs, amount: value }];
  });
}

function answeredOf(events: readonly Standing[]): Step[] {
  const at = events.findIndex(({ activity }) => activity === 'open');
  if (at < 0) return [];
  const { timeMs, known } = events[at]!;
  const closes = events.slice(at).filter((event) => event.activity === 'close' && event.timeMs - timeMs <= 120_000);
  const steps = [rate('answered', known, timeMs, true)];
  return closes.length === 0 ? steps : [...steps, rate('answered', known, closes.at(-1)!.timeMs, false)];
}

function keptOf(events: readonly Standing[]): Step[] {
  const at = events.findLastIndex(({ activity }) => activity === 'open');
  if (at < 0) return [];
  const { timeMs } = events[at]!;
  const kept = events.slice(at).some((event) => {
    const passedMs = event.timeMs - timeMs;
    return event.activity === 'work' && passedMs >= 30_000 && passedMs <= 300_000;
  });
  return kept
    ? [rate('kept', null, timeMs, true), rate('kept', null, timeMs, false)]
    : [rate('kept', null, timeMs, true)];
}

function madeOf(events: readonly Standing[]): Step[] {
  const readings = events.filter(({ activity, value }) => activity === 'work' && value !== null);
  const times = [...new Set(readings.map(({ timeMs }) => timeMs))];
  const greatest = times.map((timeMs) => {
    const then = readings.filter((reading) => reading.timeMs === timeMs);
    const value = Math.max(...then.map((reading) => reading.value!));
    return { timeMs, value, team: then.find((reading) => reading.value === value)!.known };
  });
  return greatest.slice(1).map(({ timeMs, value, team }, i) => {
    const before = greatest[i]!.value;
    const fallen = before < ROLLOVER ? ROLLOVER - before + value : value;
    return { kpi: 'made', team, timeMs, amount: value >= before ? value - before : fallen };
  });
}
