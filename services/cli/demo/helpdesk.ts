import { busyness, dayStart, hourOfDay, isWeekend, type Region } from './business-time.ts';
import { type Incident, type IncidentPlan, incidentsBetween } from './incidents.ts';
import { Random } from './random.ts';
import type { SimulatedEvent, Simulator } from './simulator.ts';

/** examples/helpdesk/simulator.yaml. */
export interface HelpdeskProfile {
  readonly seed: number;
  /** When every region is at its busiest. */
  readonly tickets_per_hour: number;
  readonly weekend_share: number;
  /** Where customers are; each has its office hours, so somewhere it is always day. */
  readonly regions: readonly Region[];
  readonly teams: readonly { readonly name: string; readonly weight: number; readonly slower: number }[];
  readonly priorities: readonly { readonly name: string; readonly weight: number; readonly reply_min: number }[];
  readonly channels: readonly { readonly name: string; readonly weight: number; readonly messages: number }[];
  readonly complaint_share: number;
  /** Outside the office hours of its region a ticket waits this many times as long. */
  readonly after_hours_factor: number;
  readonly office_hours: { readonly from: number; readonly to: number };
  readonly resolution_min: number;
  readonly reopened_share: number;
  readonly unresolved_share: number;
  readonly rated_share: number;
  /** On the last working day before the first start, and on one day in so many before and after it. */
  readonly bad_morning: {
    readonly region: string;
    readonly from_hour: number;
    readonly to_hour: number;
    readonly tickets_factor: number;
    readonly reply_factor: number;
    readonly one_day_in: number;
  };
  /** Many write at once, about the same thing, and are answered with one text at the end. */
  readonly outage: IncidentPlan & { readonly tickets_factor: number; readonly team: string };
}

const WORKFLOW = 'helpdesk';
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;
const BLOCK_MS = HOUR_MS;
/** Replies and solutions are cut at these, so that a ticket is over within the span. */
const REPLY_MS_MAX = 6 * HOUR_MS;
const RESOLVE_MS_MAX = 26 * HOUR_MS;
const SPAN_MS = 48 * HOUR_MS;
/** Of most tickets the marks are in after this. */
const RECENT_MS = 10 * HOUR_MS;
const MESSAGE_EVERY_MS = 3 * MINUTE_MS;
/** Answers with one text go out within this time after an outage. */
const MACRO_MS = 90_000;

/** Tickets of several regions: opened, replied to, resolved, sometimes reopened, closed, sometimes rated. */
export function helpdesk(profile: HelpdeskProfile, anchorMs: number): Simulator {
  return {
    workflow: WORKFLOW,
    blockMs: BLOCK_MS,
    spanMs: SPAN_MS,
    recentMs: RECENT_MS,
    detail: new Set(['message']),
    detailSpanMs: SPAN_MS,
    block: (index) => new Hour(profile, anchorMs, index).tickets(),
  };
}

/** Whether a region has a bad morning at an instant. */
export function isBadMorning(
  { bad_morning, regions, seed }: HelpdeskProfile,
  anchorMs: number,
  timeMs: number,
): boolean {
  const offset = regions.find(({ name }) => name === bad_morning.region)?.utc_offset_hours ?? 0;
  const hour = hourOfDay(timeMs, offset);
  if (hour < bad_morning.from_hour || hour >= bad_morning.to_hour || isWeekend(timeMs, offset)) return false;
  let lastMs = dayStart(anchorMs, offset) - DAY_MS;
  while (isWeekend(lastMs, offset)) lastMs -= DAY_MS;
  const dayMs = dayStart(timeMs, offset);
  if (dayMs === lastMs) return true;
  // The day of the first start is as it should be: what one sees first is the rule.
  if (dayMs === dayStart(anchorMs, offset)) return false;
  return new Random(seed, 'bad-morning', dayMs / HOUR_MS).chance(1 / bad_morning.one_day_in);
}

interface Ticket {
  readonly openedMs: number;
  readonly region: Region;
  readonly inOutage: Incident | null;
}

/** The tickets that are opened in one hour. */
class Hour {
  private readonly profile: HelpdeskProfile;
  private readonly anchorMs: number;
  private readonly index: number;
  private readonly random: Random;
  private readonly outages: readonly Incident[];

  constructor(profile: HelpdeskProfile, anchorMs: number, index: number) {
    this.profile = profile;
    this.anchorMs = anchorMs;
    this.index = index;
    this.random = new Random(profile.seed, WORKFLOW, index);
    const fromMs = index * BLOCK_MS;
    this.outages = incidentsBetween(profile.outage, 'outage', profile.seed, anchorMs, fromMs, fromMs + BLOCK_MS);
  }

  tickets(): SimulatedEvent[] {
    const { profile, random } = this;
    const events: SimulatedEvent[] = [];
    let number = 0;
    const rateMax =
      profile.tickets_per_hour * Math.max(profile.outage.tickets_factor, profile.bad_morning.tickets_factor);
    // Thinning: arrivals at the highest rate, each kept with the share that the moment's rate has of it.
    for (let atMs = 0; (atMs += random.exponential(HOUR_MS / rateMax)) < BLOCK_MS;) {
      const openedMs = Math.round(this.index * BLOCK_MS + atMs);
      const region = random.weighted(profile.regions);
      const inOutage = this.outages.find(({ startMs, endMs }) => openedMs >= startMs && openedMs < endMs) ?? null;
      const kept = this.rate(openedMs, region, inOutage !== null) / rateMax;
      if (random.chance(kept)) this.ticket(++number, { openedMs, region, inOutage }, events);
    }
    return events;
  }

  private rate(timeMs: number, region: Region, inOutage: boolean): number {
    const { profile } = this;
    const rate = profile.tickets_per_hour * busyness(timeMs, region.utc_offset_hours, profile.weekend_share);
    if (inOutage) return profile.tickets_per_hour * profile.outage.tickets_factor;
    return this.isBad(timeMs, region) ? rate * profile.bad_morning.tickets_factor : rate;
  }

  private isBad(timeMs: number, region: Region): boolean {
    return region.name === this.profile.bad_morning.region && isBadMorning(this.profile, this.anchorMs, timeMs);
  }

  private ticket(number: number, { openedMs, region, inOutage }: Ticket, events: SimulatedEvent[]): void {
    const { profile, random } = this;
    const aboutOutage = inOutage !== null && random.chance(1 - 1 / profile.outage.tickets_factor);
    const team = aboutOutage
      ? (profile.teams.find(({ name }) => name === profile.outage.team) ?? profile.teams[0]!)
      : random.weighted(profile.teams);
    const priority = random.weighted(profile.priorities);
    const caseId = `T${this.index}-${String(number).padStart(3, '0')}`;
    const channel = random.weighted(profile.channels);
    const dimensions = {
      team: team.name,
      region: region.name,
      priority: priority.name,
      channel: channel.name,
      kind: random.chance(profile.complaint_share) ? 'complaint' : 'request',
    };
    let count = 0;
    const say = (activity: string, timeMs: number, value: string | null = null): void => {
      const first = count === 0 ? dimensions : {};
      events.push({ caseId, id: String(++count), activity, timeMs: Math.round(timeMs), dimensions: first, value });
    };
    say('opened', openedMs);
    const repliedMs =
      aboutOutage && inOutage !== null
        ? inOutage.endMs + random.between(0, MACRO_MS)
        : openedMs + this.replyMs(openedMs, region, priority.reply_min * team.slower);
    say('replied', repliedMs);
    this.messages(caseId, channel, openedMs, repliedMs, events);
    if (random.chance(profile.unresolved_share)) return;
    const resolvedMs =
      repliedMs + Math.min(RESOLVE_MS_MAX, random.around(profile.resolution_min * team.slower, 0.9) * MINUTE_MS);
    const hours = (ms: number): string => ((ms - openedMs) / HOUR_MS).toFixed(2);
    say('resolved', resolvedMs, hours(resolvedMs));
    let doneMs = resolvedMs;
    const reopened = random.chance(profile.reopened_share);
    if (reopened) {
      const reopenedMs = resolvedMs + random.between(10, 240) * MINUTE_MS;
      doneMs = reopenedMs + random.between(20, 180) * MINUTE_MS;
      say('reopened', reopenedMs);
      say('resolved', doneMs, hours(doneMs));
    }
    say('closed', doneMs + random.between(5, 60) * MINUTE_MS);
    if (!random.chance(profile.rated_share)) return;
    const waitedMin = (repliedMs - openedMs) / MINUTE_MS;
    const mood = 4.75 - Math.min(1.8, waitedMin / 60) - (reopened ? 0.9 : 0) + random.between(-1, 0.8);
    say('rated', doneMs + random.between(61, 180) * MINUTE_MS, String(Math.min(5, Math.max(1, Math.round(mood)))));
  }

  /** What is written to and fro: the most of it soon after the first reply. */
  private messages(
    caseId: string,
    channel: HelpdeskProfile['channels'][number],
    openedMs: number,
    repliedMs: number,
    events: SimulatedEvent[],
  ): void {
    const { random } = this;
    const count = Math.round(random.around(channel.messages, 0.4));
    let timeMs = openedMs + random.between(0.2, 1) * (repliedMs - openedMs);
    for (let number = 1; number <= count; number++) {
      const dimensions = { channel: channel.name };
      events.push({
        caseId,
        id: `m${number}`,
        activity: 'message',
        timeMs: Math.round(timeMs),
        dimensions,
        value: null,
      });
      timeMs += random.exponential(MESSAGE_EVERY_MS);
    }
  }

  private replyMs(openedMs: number, region: Region, medianMin: number): number {
    const { profile, random } = this;
    const hour = hourOfDay(openedMs, region.utc_offset_hours);
    const isOpen = hour >= profile.office_hours.from && hour < profile.office_hours.to;
    const factor =
      (isOpen ? 1 : profile.after_hours_factor) * (this.isBad(openedMs, region) ? profile.bad_morning.reply_factor : 1);
    return Math.min(REPLY_MS_MAX, random.around(medianMin * factor, 0.6) * MINUTE_MS);
  }
}
