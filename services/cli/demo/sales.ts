import { busyness, daysToMonthEnd, type Region } from './business-time.ts';
import { type Incident, type IncidentPlan, incidentsBetween, isDuring } from './incidents.ts';
import { Random } from './random.ts';
import type { SimulatedEvent, Simulator } from './simulator.ts';

/** examples/sales/simulator.yaml. */
export interface SalesProfile {
  readonly seed: number;
  /** When every region is at its busiest. */
  readonly leads_per_hour: number;
  readonly weekend_share: number;
  readonly regions: readonly Region[];
  readonly channels: readonly { readonly name: string; readonly weight: number; readonly better: number }[];
  readonly existing_share: number;
  /** Of those that came so far, how many go on. */
  readonly qualified_share: number;
  readonly offered_share: number;
  readonly contract_share: number;
  readonly won_share: number;
  /** Median of an order. */
  readonly order_value: number;
  readonly qualify_min: number;
  readonly offer_min: number;
  readonly contract_min: number;
  readonly approval_min: number;
  readonly decide_min: number;
  /** In the last days of a month more is signed, sooner, for a little less. */
  readonly month_end: {
    readonly days: number;
    readonly won_factor: number;
    readonly sooner: number;
    readonly discount: number;
  };
  /** Visits to the web pages when every region is at its busiest. */
  readonly visits_per_hour: number;
  /** Which share of them comes at any hour: people look at pages in the evening and at night too. */
  readonly visits_always_share: number;
  readonly page_load_s: number;
  /** The web pages are so many times slower, and only a share of the leads gets through. */
  readonly site_slow: IncidentPlan & { readonly factor: number; readonly share_left: number };
}

const WORKFLOW = 'sales';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const BLOCK_MS = HOUR_MS;
const STEP_MS_MAX = 16 * HOUR_MS;
const SPAN_MS = 5 * STEP_MS_MAX;
/** Most deals are closed after this. */
const RECENT_MS = 16 * HOUR_MS;

/** A funnel: lead, qualified, offer, contract, approval, closed as won or lost. */
export function sales(profile: SalesProfile, anchorMs: number): Simulator {
  return {
    workflow: WORKFLOW,
    blockMs: BLOCK_MS,
    spanMs: SPAN_MS,
    recentMs: RECENT_MS,
    detail: new Set(['visited']),
    detailSpanMs: 0,
    block(index, withDetail) {
      const hour = new Hour(profile, anchorMs, index);
      const leads = hour.leads();
      return withDetail ? [...leads, ...hour.visits()] : leads;
    },
  };
}

/** The leads that come in one hour. */
class Hour {
  private readonly profile: SalesProfile;
  private readonly index: number;
  private readonly random: Random;
  private readonly siteSlow: readonly Incident[];

  constructor(profile: SalesProfile, anchorMs: number, index: number) {
    this.profile = profile;
    this.index = index;
    this.random = new Random(profile.seed, WORKFLOW, index);
    const fromMs = index * BLOCK_MS;
    const { site_slow, seed } = profile;
    this.siteSlow = incidentsBetween(site_slow, 'site-slow', seed, anchorMs, fromMs, fromMs + BLOCK_MS);
  }

  leads(): SimulatedEvent[] {
    const events: SimulatedEvent[] = [];
    let number = 0;
    const { leads_per_hour, site_slow } = this.profile;
    for (const { timeMs, region } of this.arrivals(leads_per_hour))
      if (!isDuring(this.siteSlow, timeMs) || this.random.chance(site_slow.share_left))
        this.lead(++number, timeMs, region, events);
    return events;
  }

  visits(): SimulatedEvent[] {
    let number = 0;
    return [...this.arrivals(this.profile.visits_per_hour, this.profile.visits_always_share)].map(
      ({ timeMs, region }) => ({
        caseId: `V${this.index}-${String(++number).padStart(4, '0')}`,
        id: '1',
        activity: 'visited',
        timeMs,
        dimensions: { region: region.name, channel: 'web' },
        value: this.loadSeconds(timeMs).toFixed(3),
      }),
    );
  }

  private loadSeconds(timeMs: number): number {
    const { page_load_s, site_slow } = this.profile;
    return this.random.around(page_load_s * (isDuring(this.siteSlow, timeMs) ? site_slow.factor : 1), 0.35);
  }

  /** Arrivals at the highest rate, each kept with the share that the moment's rate has of it. */
  private *arrivals(
    perHourMax: number,
    alwaysShare = 0,
  ): Generator<{ readonly timeMs: number; readonly region: Region }> {
    const { profile, random } = this;
    for (let atMs = 0; (atMs += random.exponential(HOUR_MS / perHourMax)) < BLOCK_MS;) {
      const timeMs = Math.round(this.index * BLOCK_MS + atMs);
      const region = random.weighted(profile.regions);
      const busy = busyness(timeMs, region.utc_offset_hours, profile.weekend_share);
      if (random.chance(alwaysShare + (1 - alwaysShare) * busy)) yield { timeMs, region };
    }
  }

  private lead(number: number, timeMs: number, region: Region, events: SimulatedEvent[]): void {
    const { profile, random } = this;
    const channel = random.weighted(profile.channels);
    const caseId = `D${this.index}-${String(number).padStart(3, '0')}`;
    const customer = random.chance(profile.existing_share) ? 'existing' : 'new';
    const dimensions = { region: region.name, channel: channel.name, customer };
    let atMs = timeMs;
    let count = 0;
    const say = (activity: string, more: Readonly<Record<string, string>> = {}, value: string | null = null): void => {
      const all = count === 0 ? { ...dimensions, ...more } : more;
      events.push({ caseId, id: String(++count), activity, timeMs: Math.round(atMs), dimensions: all, value });
    };
    const wait = (medianMin: number): void => {
      atMs += Math.min(STEP_MS_MAX, random.around(medianMin, 0.8) * MINUTE_MS);
    };
    say('lead');
    wait(profile.qualify_min);
    if (!random.chance(profile.qualified_share * channel.better)) return say('closed', { result: 'lost' });
    say('qualified');
    wait(profile.offer_min);
    if (!random.chance(profile.offered_share)) return say('closed', { result: 'lost' });
    say('offered');
    const end = this.isMonthEnd(atMs, region) ? profile.month_end : null;
    wait(profile.contract_min * (end?.sooner ?? 1));
    if (!random.chance(profile.contract_share)) return say('closed', { result: 'lost' });
    say('contract_sent');
    wait(profile.approval_min);
    say('contract_approved');
    wait(profile.decide_min * (end?.sooner ?? 1));
    if (!random.chance(profile.won_share * (end?.won_factor ?? 1))) return say('closed', { result: 'lost' });
    const order = random.around(profile.order_value, 0.5) * (customer === 'existing' ? 1.25 : 1);
    say('closed', { result: 'won' }, (order * (end === null ? 1 : 1 - end.discount)).toFixed(2));
  }

  private isMonthEnd(timeMs: number, { utc_offset_hours }: Region): boolean {
    return daysToMonthEnd(timeMs, utc_offset_hours) < this.profile.month_end.days;
  }
}
