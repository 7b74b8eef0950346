// What moves with time although no event arrives: the ages of what is open, and what holds until the next event. From the
// stretches of time in which something is so, one by one. Imports nothing from services/.
import type { AsOf } from './oracle-derived.ts';

/** An event of a case that stands, with the team known by then; those of a case are in order. */
interface Standing {
  readonly activity: string;
  readonly timeMs: number;
  readonly value: number | null;
  readonly known: string;
}

/** Something of a case that is so from one time to another. */
interface Hold {
  readonly fromMs: number;
  /** Infinity: it goes on. */
  readonly toMs: number;
  readonly level: number;
}

/** What a case adds to a series: what is so, and when that changes. */
interface Part {
  readonly kpi: string;
  readonly labels: string;
  readonly holds: readonly Hold[];
  readonly changes: readonly number[];
}

/** By `kpi labels`. */
export type MovingSeries = ReadonlyMap<string, { readonly holds: Hold[]; readonly changes: number[] }>;

/** How far the windows are, and how many of the last ones have a row whatever happens in them. */
export interface Passed {
  readonly watermarkMs: number;
  readonly endsMax: number;
}

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

interface Kpi {
  readonly everyMs: number;
  /** Start of the window that ends there; ages have none. */
  readonly startOf?: (endMs: number) => number;
  readonly desk?: boolean;
  readonly result: 'mean' | 'oldest' | 'median' | 'weighted' | 'time' | 'share';
}

/** The day in Lagos begins an hour before that of UTC. */
function dayOf(timeMs: number): number {
  return Math.floor((timeMs + 60 * MINUTE) / DAY) * DAY - 60 * MINUTE;
}

function rolling(size: number, every: number): Pick<Kpi, 'everyMs' | 'startOf'> {
  return { everyMs: every * MINUTE, startOf: (endMs) => endMs - size * MINUTE };
}

/** The KPIs of simulation.yaml that move with time. */
const KPIS: Readonly<Record<string, Kpi>> = {
  age: { everyMs: MINUTE, result: 'mean' },
  oldest: { everyMs: 2 * MINUTE, desk: true, result: 'oldest' },
  age_median: { everyMs: MINUTE, result: 'median' },
  gauge: { ...rolling(3, 1), result: 'weighted' },
  gauge_since: { ...rolling(3, 1), result: 'weighted' },
  gauge_today: { everyMs: 5 * MINUTE, startOf: (endMs) => dayOf(endMs - 1), result: 'weighted' },
  busy: { ...rolling(6, 2), desk: true, result: 'time' },
  busy_share: { ...rolling(60, 60), result: 'share' },
  phases: { ...rolling(3, 1), result: 'time' },
};

export const MOVING: ReadonlySet<string> = new Set(Object.keys(KPIS));

/** Nobody is at the desk then, in minutes of the UTC day. */
const AWAY = [
  [1381, 1383],
  [1385, 1386],
] as const;

function passedMs(fromMs: number, toMs: number, desk: boolean): number {
  if (toMs <= fromMs) return 0;
  let ms = toMs - fromMs;
  if (!desk) return ms;
  for (let dayMs = Math.floor(fromMs / DAY) * DAY; dayMs < toMs; dayMs += DAY)
    for (const [from, to] of AWAY)
      ms -= Math.max(0, Math.min(toMs, dayMs + to * MINUTE) - Math.max(fromMs, dayMs + from * MINUTE));
  return ms;
}

/** The series of all cases; `cases`: the events of each that stand; `counted` gives the labels under which some count. */
export function movingSeries(
  cases: Iterable<readonly Standing[]>,
  kpis: ReadonlySet<string>,
  counted: (labels: string) => string,
): MovingSeries {
  const series = new Map<string, { holds: Hold[]; changes: number[] }>();
  for (const events of cases) {
    for (const { kpi, labels, holds, changes } of [...agesOf(events), ...heldOf(events)]) {
      if (!kpis.has(kpi)) continue;
      const key = `${kpi} ${counted(labels)}`;
      const known = series.get(key) ?? { holds: [], changes: [] };
      known.holds.push(...holds);
      known.changes.push(...changes);
      series.set(key, known);
    }
  }
  return series;
}

function team(known: string): string {
  return JSON.stringify([['team', known]]);
}

function openPart(kpi: string, labels: string, fromMs: number, toMs = Infinity): Part {
  const changes = toMs === Infinity ? [fromMs] : [fromMs, toMs];
  return { kpi, labels, holds: [{ fromMs, toMs, level: 1 }], changes };
}

function agesOf(events: readonly Standing[]): Part[] {
  const parts: Part[] = [];
  const first = events.findIndex(({ activity }) => activity === 'open');
  if (first < 0) return parts;
  const closes = (from: number): Standing[] => events.slice(from).filter(({ activity }) => activity === 'close');
  parts.push(openPart('age', team(events[first]!.known), events[first]!.timeMs, closes(first).at(-1)?.timeMs));
  const last = events.findLastIndex(({ activity }) => activity === 'open');
  parts.push(openPart('age_median', team(events.at(-1)!.known), events[last]!.timeMs, closes(last)[0]?.timeMs));
  const waiting: number[] = [];
  for (const { activity, timeMs } of events) {
    if (activity === 'open') waiting.push(timeMs);
    const since = activity === 'close' ? waiting.shift() : undefined;
    if (since !== undefined) parts.push(openPart('oldest', '[]', since, timeMs));
  }
  return [...parts, ...waiting.map((timeMs) => openPart('oldest', '[]', timeMs))];
}

/** What an event says is so from then on; null: nothing is. */
type Said = { readonly labels: string; readonly level: number } | null;

function heldOf(events: readonly Standing[]): Part[] {
  const readings = events.filter(({ activity, value }) => activity === 'work' && value !== null);
  const busy = ({ activity }: Standing): number => (activity === 'work' ? 1 : 0);
  return [
    ...holding('gauge', readings, ({ known, value }) => ({ labels: team(known), level: value! })),
    ...holding('gauge_since', readings, ({ known, value }) => ({ labels: team(known), level: value! })),
    ...holding('gauge_today', readings, ({ value }) => ({ labels: '[]', level: value! })),
    ...holding('busy', events, (event) =>
      event.activity === 'close' ? null : { labels: team(event.known), level: busy(event) },
    ),
    ...holding('busy_share', events, (event) =>
      event.known === 'team 0' ? { labels: '[]', level: busy(event) } : null,
    ),
    ...holding('phases', events, ({ activity }) => ({ labels: JSON.stringify([['state', activity]]), level: 1 })),
  ];
}

function holding(kpi: string, events: readonly Standing[], say: (event: Standing) => Said): Part[] {
  const parts: Part[] = [];
  let before: (NonNullable<Said> & { readonly fromMs: number }) | null = null;
  for (const event of events) {
    const said = say(event);
    const { timeMs } = event;
    const goesOn = before !== null && said?.labels === before.labels;
    if (goesOn && said!.level === before!.level) continue;
    if (before !== null) {
      // Under the same labels one change says both.
      const { labels, fromMs, level } = before;
      parts.push({ kpi, labels, holds: [{ fromMs, toMs: timeMs, level }], changes: goesOn ? [] : [timeMs] });
    }
    if (said !== null) parts.push({ kpi, labels: said.labels, holds: [], changes: [timeMs] });
    before = said === null ? null : { ...said, fromMs: timeMs };
  }
  if (before !== null) {
    const { labels, fromMs, level } = before;
    parts.push({ kpi, labels, holds: [{ fromMs, toMs: Infinity, level }], changes: [] });
  }
  return parts;
}

/** What a KPI comes to in its last window that ends at a time or before. */
export function movingAsOf(kpi: string, labels: string, timeMs: number, series: MovingSeries): AsOf {
  const { everyMs, startOf, desk = false, result } = KPIS[kpi]!;
  const endMs = Math.floor(timeMs / everyMs) * everyMs;
  const { holds, changes } = series.get(`${kpi} ${labels}`) ?? { holds: [], changes: [] };
  const at = (ms: number): Hold[] => holds.filter(({ fromMs, toMs }) => fromMs < ms && toMs >= ms);
  if (startOf === undefined) {
    const ages = at(endMs).map(({ fromMs }) => passedMs(fromMs, endMs, desk));
    return { value: ages.length === 0 ? 0 : ageOf(ages, result), samples: ages.length };
  }
  const startMs = startOf(endMs);
  const samples = at(startMs).length + changes.filter((ms) => ms >= startMs && ms < endMs).length;
  if (samples === 0) return { value: null, samples };
  const lengths = holds.map(({ fromMs, toMs, level }) => ({
    level,
    ms: passedMs(Math.max(fromMs, startMs), Math.min(toMs, endMs), desk),
  }));
  const area = lengths.reduce((sum, { level, ms }) => sum + level * ms, 0);
  if (result === 'time') return { value: area, samples };
  const observed = lengths.reduce((sum, { ms }) => sum + ms, 0);
  return { value: observed === 0 ? null : area / observed, samples };
}

function ageOf(ages: readonly number[], result: Kpi['result']): number {
  const sorted = ages.toSorted((a, b) => a - b);
  if (result === 'oldest') return sorted.at(-1)!;
  if (result === 'median') return sorted[Math.ceil(sorted.length / 2) - 1]!;
  return sorted.reduce((sum, age) => sum + age, 0) / sorted.length;
}

/** The ends of windows that must have a row: where something changed, and the last ones. */
export function movingEnds(kpi: string, changes: readonly number[], { watermarkMs, endsMax }: Passed): number[] {
  const { everyMs } = KPIS[kpi]!;
  const ends = new Set(changes.map((ms) => (Math.floor(ms / everyMs) + 1) * everyMs));
  const lastMs = Math.floor(watermarkMs / everyMs) * everyMs;
  for (let n = 0; n < endsMax; n++) ends.add(lastMs - n * everyMs);
  return [...ends].filter((endMs) => endMs <= watermarkMs);
}

/** Whether a value says what the oracle says: medians to half a minute, all else to the last bits of a double. */
export function movingAgrees(kpi: string, expected: string | undefined, actual: string | undefined): boolean {
  if (expected === undefined || actual === undefined) return expected === actual;
  const [wanted, n] = expected.split('/');
  const [got, m] = actual.split('/');
  if (n !== m || wanted === 'null' || got === 'null') return expected === actual;
  const slack = KPIS[kpi]?.result === 'median' ? 30_000 : Math.abs(Number(wanted)) * 1e-12;
  return Math.abs(Number(got) - Number(wanted)) <= slack;
}
