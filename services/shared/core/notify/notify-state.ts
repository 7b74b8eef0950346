import type { DeliveryMessage, TransitionMessage } from '../messages.ts';
import { EMPTY_LANE, type Lane, type Outgoing, withDeadline, withNotification, wouldGoUntold } from './notify-lane.ts';
import { isNews, type Member, memberAfter } from './notify-member.ts';

/** Instances of one rule that are kept though they fire no more, to know a repeated transition by. */
export const ENDED_MEMBERS_MAX = 1_000;

/** Instances of one rule, and what each channel knows of them. */
export interface Group {
  readonly members: ReadonlyMap<string, Member>;
  /** By channel. */
  readonly lanes: ReadonlyMap<string, Lane>;
}

/** Everything the notify fold knows; a function of the records of [transitions] alone. */
export interface NotifyState {
  /** Running maximum of append times: the fold's only clock. */
  readonly clockMs: number;
  /** By rule name. */
  readonly groups: ReadonlyMap<string, Group>;
}

export const NOTIFY_START: NotifyState = { clockMs: 0, groups: new Map() };

/** What of [transitions] moves the state. */
export type NotifyInput = TransitionMessage | DeliveryMessage | { readonly type: 'tick' };

/** Something that became of a notification. */
export interface NotifyEffect {
  readonly rule: string;
  readonly channel: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly outgoing: Outgoing;
}

export interface NotifyStep {
  readonly state: NotifyState;
  readonly effects: readonly NotifyEffect[];
  /** What was decided, and why. */
  readonly reason: string;
}

/**
 * Applies one record. What is due by its append time is made first, from what was known until then: a deadline is a time
 * in the state, touched by the first record past it.
 */
export function stepNotify(before: NotifyState, input: NotifyInput, appendMs: number): NotifyStep {
  const clockMs = Math.max(before.clockMs, appendMs);
  const due = makeDue({ ...before, clockMs });
  const after =
    input.type === 'transition'
      ? stepTransition(due.state, input)
      : input.type === 'delivery'
        ? stepDelivery(due.state, input)
        : { state: due.state, effects: [], reason: due.effects.length > 0 ? 'due' : 'nothing is due' };
  return { ...after, effects: [...due.effects, ...after.effects] };
}

/** The earliest deadline; null: nothing waits. */
export function nextDueMs({ groups }: NotifyState): number | null {
  let earliest: number | null = null;
  for (const { lanes } of groups.values())
    for (const { dueMs } of lanes.values()) if (dueMs !== null) earliest = Math.min(earliest ?? dueMs, dueMs);
  return earliest;
}

function makeDue(state: NotifyState): Omit<NotifyStep, 'reason'> {
  const next = nextDueMs(state);
  if (next === null || next > state.clockMs) return { state, effects: [] };
  const effects: NotifyEffect[] = [];
  const groups = new Map(state.groups);
  for (const [rule, group] of state.groups)
    groups.set(
      rule,
      make(rule, group, state.clockMs, ({ dueMs }) => dueMs !== null && dueMs <= state.clockMs, effects),
    );
  return { state: { ...state, groups }, effects };
}

/** Makes the notifications of the lanes that `which` names. */
function make(
  rule: string,
  group: Group,
  clockMs: number,
  which: (lane: Lane, channel: string) => boolean,
  effects: NotifyEffect[],
): Group {
  const lanes = new Map(group.lanes);
  for (const [channel, lane] of group.lanes) {
    if (!which(lane, channel)) continue;
    const made = withNotification(lane, rule, channel, group.members, clockMs);
    lanes.set(channel, made);
    effects.push({ rule, channel, state: 'pending', outgoing: made.current! });
  }
  return { ...group, lanes };
}

function stepTransition(state: NotifyState, transition: TransitionMessage): NotifyStep {
  const { rule, labels } = transition;
  let group = state.groups.get(rule) ?? { members: new Map(), lanes: new Map() };
  const known = group.members.get(labels);
  if (!isNews(known, transition)) return { state, effects: [], reason: 'repeated: the group has it, or newer' };
  const member = memberAfter(known, transition);
  // Of one that people never heard of nothing needs to be known: a history that is imported leaves no trace here.
  if (known === undefined && !member.firing) return { state, effects: [], reason: reasonOf(transition, member) };
  const effects: NotifyEffect[] = [];
  // Told now or never: fired and over while it waited for others of its group.
  if (known?.firing === true && !member.firing)
    group = make(
      rule,
      group,
      state.clockMs,
      (lane, channel) => known.notify.includes(channel) && wouldGoUntold(lane, labels, state.clockMs),
      effects,
    );
  const members = withMember(group, member);
  const lanes = lanesAfter(group, members, known, member, state.clockMs);
  const groups = new Map(state.groups).set(rule, { members, lanes });
  return { state: { ...state, groups }, effects, reason: reasonOf(transition, member) };
}

function reasonOf(transition: TransitionMessage, member: Member): string {
  if (transition.to === 'firing' && !member.firing) return `nobody is told: ${transition.suppressed}`;
  if (transition.to === 'pending') return 'pending: nobody is told before it fires';
  return member.firing ? 'fires' : 'fires no more';
}

/** The members with this one last, so that the ones that changed longest ago are dropped first. */
function withMember(group: Group, member: Member): Map<string, Member> {
  const members = new Map(group.members);
  members.delete(member.labels);
  members.set(member.labels, member);
  let surplus = members.size - ENDED_MEMBERS_MAX;
  for (const [labels, { firing }] of members) {
    if (surplus <= 0) break;
    const told = [...group.lanes.values()].some((lane) => lane.told.has(labels) || lane.current?.tells.has(labels));
    if (firing || told) continue;
    members.delete(labels);
    surplus--;
  }
  return members;
}

function lanesAfter(
  group: Group,
  members: ReadonlyMap<string, Member>,
  known: Member | undefined,
  member: Member,
  clockMs: number,
): Map<string, Lane> {
  const lanes = new Map(group.lanes);
  if (member.firing) for (const channel of member.notify) lanes.set(channel, lanes.get(channel) ?? EMPTY_LANE);
  const changed = member.firing !== (known?.firing ?? false) || (member.firing && member.episode !== known?.episode);
  for (const [channel, lane] of lanes)
    lanes.set(channel, withDeadline({ ...lane, changed: lane.changed || changed }, channel, members, clockMs));
  return lanes;
}

function stepDelivery(state: NotifyState, { rule, ...delivery }: DeliveryMessage): NotifyStep {
  const group = state.groups.get(rule);
  const lane = group?.lanes.get(delivery.channel);
  const current = lane?.current ?? null;
  if (group === undefined || lane === undefined || current === null || current.key !== delivery.key)
    return { state, effects: [], reason: 'repeated: this notification is settled' };
  if (delivery.outcome !== 'delivered' && delivery.attempts <= current.attempts)
    return { state, effects: [], reason: 'repeated: this try is known' };
  const { attempts, reason, nextMs } = delivery;
  const outgoing = { ...current, attempts, reason, nextMs: nextMs ?? current.nextMs };
  const settled = delivery.outcome !== 'retrying';
  const delivered = delivery.outcome === 'delivered';
  const failure = settled ? { key: current.key, attempts, reason, timeMs: delivery.timeMs } : lane.failure;
  const after: Lane = {
    ...lane,
    told: delivered ? current.tells : lane.told,
    current: settled ? null : outgoing,
    failure: delivered ? null : failure,
  };
  const lanes = new Map(group.lanes);
  lanes.set(delivery.channel, withDeadline(after, delivery.channel, group.members, state.clockMs));
  const groups = new Map(state.groups).set(rule, { ...group, lanes });
  const became = delivery.outcome === 'retrying' ? 'pending' : delivery.outcome;
  const effects: NotifyEffect[] = [{ rule, channel: delivery.channel, state: became, outgoing }];
  return { state: { ...state, groups }, effects, reason: delivery.outcome };
}
