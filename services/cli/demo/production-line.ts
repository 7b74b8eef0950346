import { hourOfDay } from './business-time.ts';
import { type Incident, type IncidentPlan, incidentsBetween, isDuring } from './incidents.ts';
import { Random } from './random.ts';
import type { SimulatedEvent, Simulator } from './simulator.ts';

/** examples/production-line/simulator.yaml. */
export interface ProductionLineProfile {
  readonly seed: number;
  readonly utc_offset_hours: number;
  /** A part is released this often: the pace that customers ask for. */
  readonly takt_s: number;
  /** In the order of the way through the line. */
  readonly stations: readonly {
    readonly name: string;
    readonly cycle_s: number;
    /** Standard deviation of a cycle, as a share of it. */
    readonly spread: number;
  }[];
  /** The station whose last cycle is an inspection. */
  readonly inspection: string;
  /** From the hour to that of the next one; `pace` above 1 is slower. */
  readonly shifts: readonly { readonly name: string; readonly from_hour: number; readonly pace: number }[];
  readonly variants: readonly { readonly name: string; readonly weight: number }[];
  readonly scrap_share: number;
  readonly rework_share: number;
  /** How many parts may be on their way before no more are released. */
  readonly parts_max: number;
  /** The station of it stands still. */
  readonly stoppage: IncidentPlan & { readonly station: string };
  /** What the line's meter says so often. */
  readonly power: { readonly every_s: number; readonly running_kw: number; readonly stopped_kw: number };
  /** A worn tool: scrap and rework this many times as often. */
  readonly bad_batch: IncidentPlan & { readonly factor: number };
}

const WORKFLOW = 'production-line';
/** Blocks are cut on the clock, whatever the shifts are. */
const BLOCK_MS = 4 * 3_600_000;
/** A part that waits behind the longest stoppage is through after this. */
const SPAN_MS = 2 * 3_600_000;
const RECENT_MS = 90 * 60_000;
/** From one station to the next. */
const TRANSPORT_MS = 1_500;
/** How often the plan says how many parts there should be. */
const PLAN_EVERY_MS = 10 * 60_000;
/** How often the last station's counter is read. */
const COUNT_EVERY_MS = 60_000;

/** A line of stations in a row, one part at a time each; the slowest decides the pace. */
export function productionLine(profile: ProductionLineProfile, anchorMs: number): Simulator {
  return {
    workflow: WORKFLOW,
    blockMs: BLOCK_MS,
    spanMs: SPAN_MS,
    recentMs: RECENT_MS,
    detail: new Set(['started', 'finished', 'measured']),
    detailSpanMs: SPAN_MS,
    block(index) {
      const fromMs = index * BLOCK_MS;
      const between = (plan: IncidentPlan, name: string): Incident[] =>
        incidentsBetween(plan, name, profile.seed, anchorMs, fromMs - SPAN_MS, fromMs + BLOCK_MS + SPAN_MS);
      const stops = between(profile.stoppage, 'stoppage');
      const line = new Line(profile, index, stops, between(profile.bad_batch, 'bad-batch'));
      const parts = line.parts(fromMs, fromMs + BLOCK_MS);
      return [
        ...parts,
        ...counts(profile, parts, index),
        ...plan(profile, fromMs, fromMs + BLOCK_MS),
        ...stoppages(profile, stops, fromMs, fromMs + BLOCK_MS),
        ...power(profile, stops, fromMs, fromMs + BLOCK_MS),
      ];
    },
  };
}

/** What the last station's counter says every minute of the parts of one block; each block has a counter of its own. */
function counts(profile: ProductionLineProfile, parts: readonly SimulatedEvent[], block: number): SimulatedEvent[] {
  const station = profile.stations.at(-1)!.name;
  const madeMs = parts
    .filter(({ activity, dimensions }) => activity === 'finished' && dimensions['station'] === station)
    .map(({ timeMs }) => timeMs)
    .toSorted((a, b) => a - b);
  const events: SimulatedEvent[] = [];
  for (let made = 0, timeMs = block * BLOCK_MS; ; timeMs += COUNT_EVERY_MS) {
    while (made < madeMs.length && madeMs[made]! <= timeMs) made++;
    const caseId = `counter-${station}-${block}`;
    const dimensions = { station, shift: shiftAt(profile, timeMs).name };
    events.push({ caseId, id: String(events.length), activity: 'counted', timeMs, dimensions, value: String(made) });
    if (made === madeMs.length) return events;
  }
}

/** What the customers' orders ask for, one event with a number of parts every ten minutes. */
function plan(profile: ProductionLineProfile, fromMs: number, toMs: number): SimulatedEvent[] {
  const events: SimulatedEvent[] = [];
  for (let timeMs = Math.ceil(fromMs / PLAN_EVERY_MS) * PLAN_EVERY_MS; timeMs < toMs; timeMs += PLAN_EVERY_MS) {
    const shift = shiftAt(profile, timeMs);
    events.push({
      caseId: `plan-${timeMs / PLAN_EVERY_MS}`,
      id: 'planned',
      activity: 'planned',
      timeMs,
      dimensions: { shift: shift.name },
      value: (PLAN_EVERY_MS / 1_000 / (profile.takt_s * shift.pace)).toFixed(2),
    });
  }
  return events;
}

/** What the station's controller says of its stoppages. */
function stoppages(
  profile: ProductionLineProfile,
  stops: readonly Incident[],
  fromMs: number,
  toMs: number,
): SimulatedEvent[] {
  const { station } = profile.stoppage;
  return stops
    .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    .flatMap(({ startMs, endMs }) => {
      const caseId = `stop-${station}-${Math.round(startMs / 1_000)}`;
      const dimensions = { station, shift: shiftAt(profile, startMs).name };
      return [
        { caseId, id: 'stopped', activity: 'stopped', timeMs: startMs, dimensions, value: null },
        { caseId, id: 'restarted', activity: 'restarted', timeMs: endMs, dimensions, value: null },
      ];
    });
}

/** The meter's readings, a case for each minute. */
function power(
  { power: { every_s, running_kw, stopped_kw }, seed }: ProductionLineProfile,
  stops: readonly Incident[],
  fromMs: number,
  toMs: number,
): SimulatedEvent[] {
  const events: SimulatedEvent[] = [];
  const random = new Random(seed, 'power', fromMs);
  for (let timeMs = fromMs; timeMs < toMs; timeMs += every_s * 1_000) {
    const minute = Math.floor(timeMs / 60_000);
    const value = random.around(isDuring(stops, timeMs) ? stopped_kw : running_kw, 0.1).toFixed(1);
    const id = String((timeMs - minute * 60_000) / 1_000);
    events.push({ caseId: `meter-${minute}`, id, activity: 'measured', timeMs, dimensions: {}, value });
  }
  return events;
}

function shiftAt(profile: ProductionLineProfile, timeMs: number): ProductionLineProfile['shifts'][number] {
  const hour = hourOfDay(timeMs, profile.utc_offset_hours);
  const begun = profile.shifts.filter(({ from_hour }) => from_hour <= hour);
  return begun.at(-1) ?? profile.shifts.at(-1)!;
}

/** One block of the line: it starts empty, and its last parts leave while those of the next block come in. */
class Line {
  private readonly profile: ProductionLineProfile;
  private readonly random: Random;
  private readonly stops: readonly Incident[];
  private readonly badBatches: readonly Incident[];
  private readonly block: number;
  /** When each station is free again. */
  private readonly freeMs: number[];
  private readonly leftMs: number[] = [];

  constructor(
    profile: ProductionLineProfile,
    block: number,
    stops: readonly Incident[],
    badBatches: readonly Incident[],
  ) {
    this.profile = profile;
    this.block = block;
    this.random = new Random(profile.seed, WORKFLOW, block);
    this.stops = stops;
    this.badBatches = badBatches;
    this.freeMs = profile.stations.map(() => 0);
  }

  parts(fromMs: number, toMs: number): SimulatedEvent[] {
    const { takt_s, parts_max } = this.profile;
    const events: SimulatedEvent[] = [];
    let releaseMs = fromMs;
    for (let number = 1; ; number++) {
      releaseMs += takt_s * 1_000 * shiftAt(this.profile, releaseMs).pace * this.random.between(0.9, 1.1);
      // A line that is full takes no more in, so it never gets further behind than that.
      releaseMs = Math.max(releaseMs, this.leftMs[number - 1 - parts_max] ?? 0);
      if (releaseMs >= toMs) return events;
      this.part(number, Math.round(releaseMs), events);
    }
  }

  private part(number: number, releaseMs: number, events: SimulatedEvent[]): void {
    const { profile, random } = this;
    const caseId = `P${this.block}-${String(number).padStart(4, '0')}`;
    const shared = { variant: random.weighted(profile.variants).name, shift: shiftAt(profile, releaseMs).name };
    let count = 0;
    const say = (activity: string, timeMs: number, more: Readonly<Record<string, string>> = {}): void => {
      const dimensions = count === 0 ? { ...shared, ...more } : more;
      events.push({ caseId, id: String(++count), activity, timeMs: Math.round(timeMs), dimensions, value: null });
    };
    say('released', releaseMs);
    let atMs = releaseMs;
    let reworked = false;
    for (const [index, station] of profile.stations.entries()) {
      // A part that comes back from rework is taken in between: it keeps nobody waiting.
      const startMs = Math.max(atMs + TRANSPORT_MS, reworked ? 0 : this.freeMs[index]!);
      const cycleMs = station.cycle_s * 1_000 * Math.max(0.7, 1 + station.spread * (random.around(1, 0.5) - 1.13));
      atMs = this.workedUntil(station.name, startMs, cycleMs);
      if (!reworked) this.freeMs[index] = atMs;
      say('started', startMs, { station: station.name });
      say('finished', atMs, { station: station.name });
      if (station.name !== profile.inspection) continue;
      const factor = isDuring(this.badBatches, atMs) ? profile.bad_batch.factor : 1;
      say('inspected', atMs + 200);
      if (random.chance(profile.scrap_share * factor)) {
        say('left', atMs + 1_000, { result: 'scrap' });
        this.leftMs.push(atMs + 1_000);
        return;
      }
      if (!random.chance(profile.rework_share * factor)) continue;
      reworked = true;
      say('reworked', atMs + 1_000);
      atMs += random.between(60_000, 240_000);
    }
    say('left', atMs + 1_000, { result: reworked ? 'reworked' : 'good' });
    this.leftMs.push(atMs + 1_000);
  }

  /** When work that starts then and takes so long is done, where its station may stand still meanwhile. */
  private workedUntil(station: string, startMs: number, workMs: number): number {
    let endMs = startMs + workMs;
    if (station !== this.profile.stoppage.station) return endMs;
    for (const stop of this.stops)
      if (stop.startMs < endMs && stop.endMs > startMs) endMs += stop.endMs - Math.max(stop.startMs, startMs);
    return endMs;
  }
}
