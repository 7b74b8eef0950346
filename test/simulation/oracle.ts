// The batch answer: from the set of all appended events to the values, written anew. Imports nothing from services/.
import { RATES, stepsOf } from './oracle-steps.ts';
import { type AsOf, dayEnd, DERIVED, derivedAt } from './oracle-derived.ts';
import { countsFor, isOwn, plainOf } from './oracle-effective.ts';
import { sessionsOf } from './oracle-sessions.ts';
import { SHIFTS, shiftAt, shiftBefore, soFarBefore, soFarEnds } from './oracle-shifts.ts';
import {
  MOVING,
  movingAgrees,
  movingAsOf,
  movingEnds,
  type MovingSeries,
  movingSeries,
  type Passed,
} from './oracle-moving.ts';

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
/** The KPI whose windows are shifts so far. */
const SO_FAR = 'shift_so_far';
const RANK = { open: 0, work: 1, close: 2, '': 3 };

interface Seen {
  readonly activity: string;
  readonly id: string;
  readonly timeMs: number;
  readonly team: string | null;
  readonly value: number | null;
}

/** The events of a case that stand, in order, each with the team known by then. `appended`: in log order. */
export function standing(appended: readonly OracleEvent[]): (Seen & { readonly known: string })[] {
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
  /** Null: the KPI has no labels. */
  readonly team: string | null;
  readonly timeMs: number;
  readonly amount: number;
  /** Of a ratio: whether it counts below the line; of what is open: whether it is an exit. */
  readonly below?: boolean;
  /** Of a last: what decides between readings of one time. */
  readonly tie?: string;
  /** Of a number of different values: which one. */
  readonly which?: string;
}

function amountsOf(events: ReturnType<typeof standing>, caseId: string): Amount[] {
  return [
    ...workOf(events),
    ...pairsOf(events),
    ...sharesOf(events),
    ...withinOf(events),
    ...differentOf(events, caseId),
    ...stepsOf(events),
    ...sessionsOf(events),
  ];
}

function differentOf(events: ReturnType<typeof standing>, caseId: string): Amount[] {
  const amounts: Amount[] = [];
  const team = events.at(-1)?.known ?? null;
  for (const { activity, id, timeMs, value, known } of events) {
    amounts.push({ kpi: 'active', team, timeMs, amount: 1, which: caseId });
    if (activity !== 'work') continue;
    if (known !== '(none)') amounts.push({ kpi: 'teams', team: null, timeMs, amount: 1, which: known });
    // Ids and cases are short words: a blank between them comes before every letter of theirs.
    if (value !== null) amounts.push({ kpi: 'work_last', team: known, timeMs, amount: value, tie: `${id} ${caseId}` });
  }
  return amounts;
}

function workOf(events: ReturnType<typeof standing>): Amount[] {
  const amounts: Amount[] = [];
  if (events.length > 0) amounts.push({ kpi: 'cases', team: null, timeMs: events[0]!.timeMs, amount: 1 });
  for (const { activity, timeMs, value, known } of events) {
    amounts.push({ kpi: 'some_shifts', team: null, timeMs, amount: 1 });
    if (activity === 'work')
      for (const kpi of ['work_count', 'pieces']) amounts.push({ kpi, team: known, timeMs, amount: 1 });
    if (activity !== 'work' || value === null) continue;
    for (const kpi of ['work_sum', 'work_min', 'work_max', 'work_p90', 'work_long', 'today'])
      amounts.push({ kpi, team: known, timeMs, amount: value });
    amounts.push({ kpi: 'work_mean', team: null, timeMs, amount: value });
    for (const kpi of ['by_shift', 'shift_so_far']) amounts.push({ kpi, team: known, timeMs, amount: value });
    if (value >= 10) amounts.push({ kpi: 'large', team: null, timeMs, amount: 1 });
  }
  return amounts;
}

function sharesOf(events: ReturnType<typeof standing>): Amount[] {
  return events
    .filter(({ activity }) => activity === 'open' || activity === 'close')
    .map(({ activity, timeMs }) => ({ kpi: 'share', team: null, timeMs, amount: 1, below: activity === 'open' }));
}

function pairsOf(events: ReturnType<typeof standing>): Amount[] {
  const amounts: Amount[] = [];
  const waiting: number[] = [];
  for (const { activity, timeMs } of events) {
    if (activity === 'open') waiting.push(timeMs);
    const since = activity === 'close' ? waiting.shift() : undefined;
    if (since !== undefined)
      amounts.push({ kpi: 'waits', team: events[0]!.known, timeMs, amount: workedMs(since, timeMs) });
  }
  const opened = events.findIndex(({ activity }) => activity === 'open');
  if (opened < 0) return amounts;
  const openedLast = events.findLastIndex(({ activity }) => activity === 'open');
  const closedThen = events.slice(openedLast).find(({ activity }) => activity === 'close');
  const worth = { kpi: 'open_worth', team: events.at(-1)!.known };
  const value = events[openedLast]!.value ?? 0;
  amounts.push({ ...worth, timeMs: events[openedLast]!.timeMs, amount: value, below: false });
  if (closedThen !== undefined) amounts.push({ ...worth, timeMs: closedThen.timeMs, amount: 0 - value, below: true });
  const after = events.slice(opened).filter(({ activity }) => activity === 'close');
  const { timeMs: openedMs, known } = events[opened]!;
  const first = after[0];
  if (first !== undefined)
    amounts.push({ kpi: 'resolution', team: first.known, timeMs: first.timeMs, amount: first.timeMs - openedMs });
  amounts.push({ kpi: 'open', team: known, timeMs: openedMs, amount: 1 });
  const last = after.at(-1);
  if (last !== undefined) amounts.push({ kpi: 'open', team: known, timeMs: last.timeMs, amount: -1 });
  return amounts;
}

/** What came in time counts where it came, above and below the line; a miss below it, where the time was over. */
function withinOf(events: ReturnType<typeof standing>): Amount[] {
  const amounts: Amount[] = [];
  const add = (kpi: string, team: string | null, deadlineMs: number, exitMs: number | undefined): void => {
    const met = exitMs !== undefined && exitMs <= deadlineMs;
    const timeMs = met ? exitMs : deadlineMs;
    if (met) amounts.push({ kpi, team, timeMs, amount: 1, below: false });
    amounts.push({ kpi, team, timeMs, amount: 1, below: true });
  };
  events.forEach(({ activity, timeMs, known }, i) => {
    if (activity !== 'open') return;
    const exits = events.slice(i).filter((event) => event.activity === 'close');
    if (events.findIndex((event) => event.activity === 'open') === i)
      add('in_time', known, timeMs + (known === 'team 1' ? 90_000 : 180_000), exits[0]?.timeMs);
    if (known === 'team 0') add('always_in_time', null, workedUntil(timeMs, 120_000), exits.at(-1)?.timeMs);
  });
  return amounts;
}

function workedUntil(fromMs: number, lengthMs: number): number {
  let ms = fromMs;
  for (let left = lengthMs; left > 0; ms += 1000) if (!AWAY.includes(Math.floor(ms / MINUTE) % 1440)) left -= 1000;
  return ms;
}

/** Nobody is at the desk from 23:01 to 23:03 and from 23:05 to 23:06, in minutes of the UTC day. */
const AWAY = [1381, 1382, 1385];

/** Events are at whole seconds. */
function workedMs(fromMs: number, toMs: number): number {
  let sumMs = 0;
  for (let ms = fromMs; ms < toMs; ms += 1000) if (!AWAY.includes(Math.floor(ms / MINUTE) % 1440)) sumMs += 1000;
  return sumMs;
}

/** What the events come to. */
export interface Answer {
  /** Windows that must have a row, those without samples left out. */
  readonly values: OracleValues;
  /** What a window that may have a row comes to, by `kpi labels windowEnd`; undefined: it may not. */
  readonly maybe: (key: string) => string | undefined;
}

/**
 * The windows of these KPIs of simulation.yaml; a derived one comes with all that it is computed from. `passed`: of those
 * that move with time. `admitted`: the only labels that KPIs by team have, beside those of all others; null: all do.
 */
export function answer(
  appended: readonly OracleEvent[],
  kpis: ReadonlySet<string>,
  passed: Passed,
  admitted: string | null = null,
): Answer {
  const counted = (own: string): string =>
    admitted === null || own === admitted || !own.startsWith('[["team",') ? own : '[["team","__other__"]]';
  const cases = new Map<string, OracleEvent[]>();
  for (const event of appended) cases.set(event.caseId, [...(cases.get(event.caseId) ?? []), event]);
  const series = new Map<string, Amount[]>();
  const stands = new Map([...cases].map(([caseId, events]) => [caseId, standing(events)]));
  const moving = movingSeries(stands.values(), kpis, counted);
  for (const [caseId, events] of stands) {
    for (const amount of amountsOf(events, caseId)) {
      const labels = amount.team === null ? '[]' : counted(JSON.stringify([['team', amount.team]]));
      for (const kpi of countsFor(amount.kpi, amount.timeMs)) {
        const key = `${kpi} ${labels}`;
        if (kpis.has(kpi)) series.set(key, [...(series.get(key) ?? []), amount]);
      }
    }
  }
  const values: OracleValues = new Map();
  for (const [key, amounts] of series) windows(key, amounts, values);
  for (const key of values.keys()) if (!isOwn(kpiIn(key), endIn(key))) values.delete(key);
  const at = { series, moving, passed };
  for (const [key, { changes }] of moving) {
    const [kpi, labels] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
    for (const endMs of movingEnds(kpi, changes, passed)) {
      if (!isOwn(kpi, endMs)) continue;
      const { value, samples } = movingAsOf(kpi, labels, endMs, moving);
      if (samples > 0) values.set(`${key} ${endMs}`, `${value}/${samples}`);
    }
  }
  const labelSets = new Set([...series.keys(), ...moving.keys()].map((key) => key.slice(key.indexOf(' ') + 1)));
  for (const kpi of Object.keys(DERIVED)) {
    if (kpis.has(kpi)) for (const labels of labelSets) derivedWindows(kpi, labels, at, values);
  }
  return { values, maybe: (key) => values.get(key) ?? maybeAt(key, at) };
}

/** Of `kpi labels windowEnd`. */
function kpiIn(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

function endIn(key: string): number | 'total' {
  const end = key.slice(key.lastIndexOf(' ') + 1);
  return end === 'total' ? end : Number(end);
}

interface At {
  readonly series: ReadonlyMap<string, readonly Amount[]>;
  readonly moving: MovingSeries;
  readonly passed: Passed;
}

/** Whether a KPI moves with time, or uses one that does. */
function isMoving(kpi: string): boolean {
  return MOVING.has(kpi) || (DERIVED[kpi]?.from.some((input) => MOVING.has(input)) ?? false);
}

/** What a row of a KPI that moves with time has to say, wherever it is; undefined: there may be none. */
function maybeAt(key: string, at: At): string | undefined {
  const kpi = kpiIn(key);
  const labels = key.slice(key.indexOf(' ') + 1, key.lastIndexOf(' '));
  const endMs = Number(endIn(key));
  if (!isMoving(kpi) || !(endMs <= at.passed.watermarkMs) || !isOwn(kpi, endMs)) return undefined;
  const { value, samples } = MOVING.has(kpi)
    ? movingAsOf(kpi, labels, endMs, at.moving)
    : derivedOf(kpi, labels, endMs, at);
  return samples > 0 ? `${value}/${samples}` : undefined;
}

function derivedOf(kpi: string, labels: string, atMs: number, { series, moving, passed }: At): AsOf {
  return derivedAt(kpi, atMs, passed.watermarkMs, (input, timeMs) =>
    MOVING.has(input)
      ? movingAsOf(input, labels, timeMs, moving)
      : asOf(input, timeMs, series.get(`${input} ${labels}`) ?? []),
  );
}

/** A derived KPI has a row where one of those KPIs has one, even where that one is a row of nothing. */
function derivedWindows(kpi: string, labels: string, at: At, values: OracleValues): void {
  const endsOfInput = (input: string): (number | 'total')[] => {
    const key = `${input} ${labels}`;
    if (!MOVING.has(input))
      return (at.series.get(key) ?? [])
        .flatMap(({ timeMs }) => rowEndsOf(plainOf(input), timeMs, at.passed.watermarkMs))
        .filter((end) => isOwn(input, end));
    return movingEnds(input, at.moving.get(key)?.changes ?? [], at.passed).filter(
      (endMs) => movingAsOf(input, labels, endMs, at.moving).samples > 0,
    );
  };
  const { rowsOf, dayShiftMs } = DERIVED[kpi]!;
  const ends = new Set(
    rowsOf
      .flatMap(endsOfInput)
      .map((end) => (dayShiftMs === undefined || end === 'total' ? end : dayEnd(end, dayShiftMs))),
  );
  for (const end of ends) {
    if (!isOwn(kpi, end)) continue;
    const atMs = end === 'total' ? Infinity : end;
    if (isMoving(kpi) && atMs > at.passed.watermarkMs) continue;
    const { value, samples } = derivedOf(kpi, labels, atMs, at);
    if (samples > 0) values.set(`${kpi} ${labels} ${end}`, `${value}/${samples}`);
  }
}

/** How long windows are and how far their ends are apart, in minutes, of KPIs with labels; all others have hours. */
const ROLLING: Readonly<Record<string, readonly [size: number, every: number]>> = {
  work_long: [6, 2],
  ...Object.fromEntries(
    ['work_sum', 'work_max', 'work_p90', 'work_count', 'resolution', 'waits', 'in_time', 'visit_length'].map((kpi) => [
      kpi,
      [3, 1] as const,
    ]),
  ),
};

/** The ends at which an amount gives its KPI rows: the day so far that begins anew has one once it has begun. */
function rowEndsOf(kpi: string, timeMs: number, reachedMs: number): (number | 'total')[] {
  if (kpi === SO_FAR) return soFarEnds(kpi, timeMs, reachedMs);
  const ends = endsOf(kpi, timeMs);
  return kpi === 'today' && reachedMs < Number(ends[1]) - 5 * MINUTE ? ends.slice(0, 1) : ends;
}

/** The ends of windows at which an amount enters or leaves. */
function endsOf(kpi: string, timeMs: number): (number | 'total')[] {
  if (kpi === 'work_min' || kpi === 'large') return ['total'];
  if (kpi === 'open') return [(Math.floor(timeMs / MINUTE) + 1) * MINUTE];
  if (kpi === 'today') {
    const nextDayMs = dayOf(timeMs) + 1440 * MINUTE;
    return [(Math.floor(timeMs / (5 * MINUTE)) + 1) * 5 * MINUTE, nextDayMs + 5 * MINUTE];
  }
  if (kpi in SHIFTS) {
    const shift = shiftAt(kpi, timeMs);
    return shift === null ? [] : [shift.endMs];
  }
  const [size, every] = ROLLING[kpi] ?? [0, 60];
  const shiftMs = SHIFT[kpi] ?? 0;
  const endMs = (Math.floor((timeMs - shiftMs) / (every * MINUTE)) + 1) * every * MINUTE + shiftMs;
  return size === 0 ? [endMs] : [endMs, endMs + size * MINUTE];
}

/** The last window that ends at a time or before. */
function asOf(kpi: string, timeMs: number, amounts: readonly Amount[]): AsOf {
  const of = plainOf(kpi);
  // The windows of those that are effective from a time on end at each minute that is asked for.
  if (of !== kpi) return isOwn(kpi, timeMs) ? asOf(of, timeMs, amounts) : { value: null, samples: 0 };
  if (kpi === 'work_min' || kpi === 'large') return comesTo(kpi, amounts);
  if (kpi === 'today') {
    const endMs = Math.floor(timeMs / (5 * MINUTE)) * 5 * MINUTE;
    return comesTo(
      kpi,
      amounts.filter((amount) => amount.timeMs < endMs && amount.timeMs >= dayOf(endMs - 1)),
    );
  }
  if (kpi in SHIFTS) {
    const { startMs, endMs } = kpi === SO_FAR ? soFarBefore(kpi, timeMs) : shiftBefore(kpi, timeMs);
    return comesTo(
      kpi,
      amounts.filter((amount) => amount.timeMs >= startMs && amount.timeMs < endMs),
    );
  }
  const shiftMs = SHIFT[kpi] ?? 0;
  const [size, every] = kpi === 'open' ? [Infinity, 1] : (ROLLING[kpi] ?? [60, 60]);
  const endMs = Math.floor((timeMs - shiftMs) / (every * MINUTE)) * every * MINUTE + shiftMs;
  const inside = amounts.filter((amount) => amount.timeMs < endMs && amount.timeMs >= endMs - size * MINUTE);
  if (kpi !== 'open') return comesTo(kpi, inside);
  const level = inside.reduce((sum, { amount }) => sum + amount, 0);
  return { value: level, samples: level };
}

/** KPIs that come to zero where nothing is. */
const SUMS: readonly string[] = [
  'cases',
  'large',
  'work_sum',
  'work_count',
  'work_long',
  'waits',
  'resolution',
  'today',
  'pieces',
  'by_shift',
  SO_FAR,
  'some_shifts',
  'visit_length',
];

function comesTo(kpi: string, inside: readonly Amount[]): AsOf {
  if (inside.length === 0) return { value: SUMS.includes(kpi) ? 0 : null, samples: 0 };
  return { value: resultOf(kpi, inside), samples: samplesOf(kpi, inside) };
}

/** Kathmandu is 5 h 45 min ahead of UTC: its hours begin at 15 past. */
const SHIFT = { work_mean: 15 * MINUTE } as Readonly<Record<string, number>>;

/** The day of Lagos begins an hour before that of UTC, where the schedules begin too. */
const LAGOS = -60 * MINUTE;

const HOURLY: readonly string[] = [
  'cases',
  'share',
  'work_mean',
  'always_in_time',
  'returns',
  'kept',
  'active',
  'pieces',
  'visit_events',
];
/** When the day in Lagos began that holds a time. */
function dayOf(timeMs: number): number {
  return Math.floor((timeMs - LAGOS) / (1440 * MINUTE)) * 1440 * MINUTE + LAGOS;
}

function windows(key: string, amounts: readonly Amount[], values: OracleValues): void {
  const kpi = amounts[0]!.kpi;
  const set = (name: string, inside: readonly Amount[]): void => {
    const samples = samplesOf(kpi, inside);
    if (samples > 0) values.set(name, `${resultOf(kpi, inside)}/${samples}`);
  };
  if (HOURLY.includes(kpi)) {
    for (const [endMs, inside] of byEnd(amounts, 60 * MINUTE, SHIFT[kpi] ?? 0)) set(`${key} ${endMs}`, inside);
    return;
  }
  if (kpi === 'work_min' || kpi === 'large') {
    values.set(`${key} total`, `${resultOf(kpi, amounts)}/${amounts.length}`);
    return;
  }
  if (kpi === 'today') {
    for (const endMs of byEnd(amounts, 5 * MINUTE, 0).keys()) {
      const inside = amounts.filter(({ timeMs }) => timeMs >= dayOf(endMs - 1) && timeMs < endMs);
      values.set(`${key} ${endMs}`, `${resultOf(kpi, inside)}/${inside.length}`);
    }
    return;
  }
  if (kpi === SO_FAR) {
    for (const endMs of amounts.flatMap(({ timeMs }) => soFarEnds(kpi, timeMs, -Infinity))) {
      const { startMs } = soFarBefore(kpi, endMs);
      set(
        `${key} ${endMs}`,
        amounts.filter(({ timeMs }) => timeMs >= startMs && timeMs < endMs),
      );
    }
    return;
  }
  if (kpi in SHIFTS) {
    for (const { timeMs } of amounts) {
      const shift = shiftAt(kpi, timeMs);
      if (shift === null) continue;
      const inside = amounts.filter((amount) => amount.timeMs >= shift.startMs && amount.timeMs < shift.endMs);
      set(`${key} ${shift.endMs}`, inside);
    }
    return;
  }
  const [size, every] = ROLLING[kpi] ?? [3, 1];
  const slices = byEnd(amounts, every * MINUTE, 0);
  if (kpi === 'open_worth') {
    for (const endMs of slices.keys()) {
      const before = amounts.filter(({ timeMs }) => timeMs < endMs);
      const open = before.reduce((sum, { below }) => sum + (below ? -1 : 1), 0);
      const sum = before.reduce((total, { amount }) => total + amount, 0);
      if (open !== 0) values.set(`${key} ${endMs}`, `${sum}/${open}`);
    }
    return;
  }
  if (kpi === 'open') {
    for (const endMs of slices.keys()) {
      const level = amounts.filter(({ timeMs }) => timeMs < endMs).reduce((sum, { amount }) => sum + amount, 0);
      if (level !== 0) values.set(`${key} ${endMs}`, `${level}/${level}`);
    }
    return;
  }
  const ends = new Set([...slices.keys()].flatMap((endMs) => [endMs, endMs + size * MINUTE]));
  for (const endMs of ends) {
    const inside = amounts.filter(({ timeMs }) => timeMs < endMs && timeMs >= endMs - size * MINUTE);
    set(`${key} ${endMs}`, inside);
  }
}

/** Cases over cases: their samples are the cases below the line. */
const SHARES = ['in_time', 'always_in_time', ...RATES];

function samplesOf(kpi: string, inside: readonly Amount[]): number {
  return SHARES.includes(kpi) ? inside.filter(({ below }) => below).length : inside.length;
}

function resultOf(kpi: string, inside: readonly Amount[]): number | null {
  const amounts = inside.map(({ amount }) => amount).sort((a, b) => a - b);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  if (kpi === 'active' || kpi === 'teams') return new Set(inside.map(({ which }) => which)).size;
  if (kpi === 'work_last') {
    const latest = inside.toSorted((a, b) => a.timeMs - b.timeMs || (a.tie! < b.tie! ? -1 : 1)).at(-1);
    return latest!.amount;
  }
  if (kpi === 'work_min') return amounts[0]!;
  if (kpi === 'work_max' || kpi === 'visit_events') return amounts.at(-1)!;
  if (kpi === 'work_p90') return amounts[Math.ceil(0.9 * amounts.length) - 1]!;
  if (kpi === 'work_mean') return sum / amounts.length;
  if (kpi !== 'share' && !SHARES.includes(kpi)) return sum;
  const opened = inside.filter(({ below }) => below).length;
  return opened === 0 ? null : (inside.length - opened) / opened;
}

function byEnd(amounts: readonly Amount[], lengthMs: number, shiftMs: number): Map<number, Amount[]> {
  const slices = new Map<number, Amount[]>();
  for (const amount of amounts) {
    const endMs = (Math.floor((amount.timeMs - shiftMs) / lengthMs) + 1) * lengthMs + shiftMs;
    slices.set(endMs, [...(slices.get(endMs) ?? []), amount]);
  }
  return slices;
}

/** Whether a value says what the oracle says: percentiles within 1 %, all else exactly. */
export function agrees(key: string, expected: string | undefined, actual: string | undefined): boolean {
  const kpi = key.slice(0, key.indexOf(' '));
  if (isMoving(kpi)) return movingAgrees(kpi, expected, actual);
  if (!key.startsWith('work_p90') || expected === undefined || actual === undefined) return expected === actual;
  const [wanted, n] = expected.split('/');
  const [got, m] = actual.split('/');
  return n === m && Math.abs(Number(got) - Number(wanted)) <= 0.01 * Math.abs(Number(wanted)) + 1e-9;
}
