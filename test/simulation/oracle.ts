// The batch answer: from the set of all appended events to the values, written anew. Imports nothing from services/.

export interface OracleEvent {
  readonly caseId: string;
  readonly id: string;
  readonly kind: 'event' | 'correct' | 'void';
  readonly activity: 'open' | 'work' | 'close' | '';
  readonly timeMs: number;
  readonly team: string | null;
  readonly value: number | null;
  readonly target: string | null;
}

/** `kpi labels windowEnd` to `value/samples`. */
export type OracleValues = Map<string, string>;

const MINUTE = 60_000;
const RANK = { open: 0, work: 1, close: 2, '': 3 };

interface Seen {
  readonly activity: string;
  readonly id: string;
  readonly timeMs: number;
  readonly team: string | null;
  readonly value: number | null;
}

/** The events of a case that stand, in order, each with the team known by then. `appended`: in log order. */
function standing(appended: readonly OracleEvent[]): (Seen & { readonly known: string })[] {
  const unique = appended.filter((event, i) => appended.findIndex(({ id }) => id === event.id) === i);
  if (unique.some(({ kind, target }) => kind === 'void' && target === null)) return [];
  const gone = new Set(unique.filter(({ kind }) => kind === 'void').map(({ target }) => target));
  const replaced = new Map<string, OracleEvent>();
  for (const event of unique) if (event.kind === 'correct' && !gone.has(event.id)) replaced.set(event.target!, event);
  const seen: Seen[] = [];
  for (const event of unique) {
    if (event.kind === 'event' && !gone.has(event.id) && !replaced.has(event.id)) seen.push(event);
  }
  for (const [target, event] of replaced) if (!gone.has(target)) seen.push({ ...event, id: target });
  seen.sort(
    (a, b) => a.timeMs - b.timeMs || RANK[a.activity as 'open'] - RANK[b.activity as 'open'] || (a.id < b.id ? -1 : 1),
  );
  let known = '(none)';
  return seen.map((event) => ({ ...event, known: (known = event.team ?? known) }));
}

interface Amount {
  readonly kpi: string;
  readonly team: string | null;
  readonly timeMs: number;
  readonly amount: number;
}

function amountsOf(events: ReturnType<typeof standing>): Amount[] {
  const amounts: Amount[] = [];
  const opened = events.findIndex(({ activity }) => activity === 'open');
  for (const { activity, timeMs, value, known } of events) {
    if (activity !== 'work' || value === null) continue;
    for (const kpi of ['work_sum', 'work_min', 'work_max']) amounts.push({ kpi, team: known, timeMs, amount: value });
  }
  if (events.length > 0) amounts.push({ kpi: 'cases', team: null, timeMs: events[0]!.timeMs, amount: 1 });
  if (opened < 0) return amounts;
  const after = events.slice(opened).filter(({ activity }) => activity === 'close');
  const { timeMs: openedMs, known } = events[opened]!;
  if (after.length > 0)
    amounts.push({
      kpi: 'resolution',
      team: after[0]!.known,
      timeMs: after[0]!.timeMs,
      amount: after[0]!.timeMs - openedMs,
    });
  amounts.push({ kpi: 'open', team: known, timeMs: openedMs, amount: 1 });
  if (after.length > 0) amounts.push({ kpi: 'open', team: known, timeMs: after.at(-1)!.timeMs, amount: -1 });
  return amounts;
}

/** Every window that has samples, of every KPI of simulation.yaml. */
export function answer(appended: readonly OracleEvent[]): OracleValues {
  const cases = new Map<string, OracleEvent[]>();
  for (const event of appended) cases.set(event.caseId, [...(cases.get(event.caseId) ?? []), event]);
  const series = new Map<string, Amount[]>();
  for (const events of cases.values()) {
    for (const amount of amountsOf(standing(events))) {
      const labels = amount.team === null ? '[]' : JSON.stringify([['team', amount.team]]);
      const key = `${amount.kpi} ${labels}`;
      series.set(key, [...(series.get(key) ?? []), amount]);
    }
  }
  const values: OracleValues = new Map();
  for (const [key, amounts] of series) windows(key, amounts, values);
  return values;
}

function windows(key: string, amounts: readonly Amount[], values: OracleValues): void {
  const kpi = amounts[0]!.kpi;
  if (kpi === 'cases') {
    for (const [endMs, inside] of byEnd(amounts, 60 * MINUTE))
      values.set(`${key} ${endMs}`, `${inside.length}/${inside.length}`);
    return;
  }
  if (kpi === 'work_min') {
    const least = Math.min(...amounts.map(({ amount }) => amount));
    values.set(`${key} total`, `${least}/${amounts.length}`);
    return;
  }
  const slices = byEnd(amounts, MINUTE);
  if (kpi === 'open') {
    for (const endMs of slices.keys()) {
      const level = amounts.filter(({ timeMs }) => timeMs < endMs).reduce((sum, { amount }) => sum + amount, 0);
      if (level !== 0) values.set(`${key} ${endMs}`, `${level}/${level}`);
    }
    return;
  }
  const ends = new Set([...slices.keys()].flatMap((endMs) => [endMs, endMs + 3 * MINUTE]));
  for (const endMs of ends) {
    const inside = amounts
      .filter(({ timeMs }) => timeMs < endMs && timeMs >= endMs - 3 * MINUTE)
      .map(({ amount }) => amount);
    if (inside.length === 0) continue;
    const value = kpi === 'work_max' ? Math.max(...inside) : inside.reduce((sum, amount) => sum + amount, 0);
    values.set(`${key} ${endMs}`, `${value}/${inside.length}`);
  }
}

function byEnd(amounts: readonly Amount[], lengthMs: number): Map<number, Amount[]> {
  const slices = new Map<number, Amount[]>();
  for (const amount of amounts) {
    const endMs = (Math.floor(amount.timeMs / lengthMs) + 1) * lengthMs;
    slices.set(endMs, [...(slices.get(endMs) ?? []), amount]);
  }
  return slices;
}
