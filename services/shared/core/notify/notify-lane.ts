import { createHash } from 'node:crypto';
import { decodeLabels } from '../measure/labels.ts';
import { LISTED_MAX, type NotificationDetails, type NotifiedInstance } from './notification.ts';
import { type Member, notifiedOf } from './notify-member.ts';

/**
 * How long the first notification of a group waits for more of its instances. Partitions that are silent hear of time
 * once a second, so that instances which one cause makes fire do so within two; nobody misses two seconds.
 */
export const GROUP_WAIT_MS = 2_000;
/** Shortest time between two notifications of a group to one channel. An instance that flaps is told twice in ten minutes. */
export const GROUP_INTERVAL_MS = 300_000;

/** A notification on its way to one channel. */
export interface Outgoing {
  readonly key: string;
  readonly details: NotificationDetails;
  /** What people know once it is delivered: the labels that fire, and their episodes. */
  readonly tells: ReadonlyMap<string, string>;
  readonly attempts: number;
  /** Not before this time. */
  readonly nextMs: number;
  /** Of the last failure; empty before the first. */
  readonly reason: string;
}

/** What one channel knows of a group. A channel has at most one notification on its way, so they arrive in order. */
export interface Lane {
  /** What was delivered as firing, by labels: episodes. */
  readonly told: ReadonlyMap<string, string>;
  /** Whether the group changed since the last notification was made. */
  readonly changed: boolean;
  /** When the last one was made; null before the first. */
  readonly lastMs: number | null;
  /** When the next one is to be made; null: there is nothing to tell. */
  readonly dueMs: number | null;
  readonly current: Outgoing | null;
  /** The last notification, where it was given up; null again once one is delivered. */
  readonly failure: Failure | null;
}

/** A notification that was given up. */
export interface Failure {
  readonly key: string;
  readonly attempts: number;
  readonly reason: string;
  /** When it was given up. */
  readonly timeMs: number;
}

export const EMPTY_LANE: Lane = {
  told: new Map(),
  changed: false,
  lastMs: null,
  dueMs: null,
  current: null,
  failure: null,
};

/** The instances of a group by labels. */
export type Members = ReadonlyMap<string, Member>;

/** The members that fire and whose people listen to this channel. */
function firingOf(channel: string, members: Members): Member[] {
  return [...members.values()].filter(({ firing, notify }) => firing && notify.includes(channel));
}

/**
 * The lane with its deadline as the group now asks for. Labels count, not episodes: who knows that an instance fires need
 * not hear that it stopped and fires again, so that what flaps is told its final state.
 */
export function withDeadline(lane: Lane, channel: string, members: Members, clockMs: number): Lane {
  const firing = firingOf(channel, members);
  const differs = firing.length !== lane.told.size || firing.some(({ labels }) => !lane.told.has(labels));
  if (lane.current !== null || !lane.changed || !differs) return { ...lane, dueMs: null };
  const dueMs = lane.dueMs ?? Math.max(clockMs + GROUP_WAIT_MS, nextFreeMs(lane));
  return { ...lane, dueMs };
}

/** Until when the group interval holds the lane back. */
function nextFreeMs({ lastMs }: Lane): number {
  return lastMs === null ? 0 : lastMs + GROUP_INTERVAL_MS;
}

/** Whether the end of this member's firing would go by untold: it waits only for others of its group. */
export function wouldGoUntold(lane: Lane, labels: string, clockMs: number): boolean {
  return lane.dueMs !== null && !lane.told.has(labels) && nextFreeMs(lane) <= clockMs;
}

/** The lane with the notification that is due. */
export function withNotification(lane: Lane, rule: string, channel: string, members: Members, clockMs: number): Lane {
  const firing = firingOf(channel, members);
  const fires = new Set(firing.map(({ labels }) => labels));
  const gone = [...lane.told].filter(([labels]) => !fires.has(labels));
  const known = members.get(firing[0]?.labels ?? gone[0]?.[0] ?? '');
  const details: NotificationDetails = {
    type: firing.length > 0 ? 'alert.firing' : 'alert.resolved',
    timeMs: clockMs,
    rule,
    kpi: known?.kpi ?? '',
    severity: known?.severity ?? '',
    firing: firing.slice(0, LISTED_MAX).map(notifiedOf),
    firingCount: firing.length,
    resolved: gone.slice(0, LISTED_MAX).map(([labels, episode]) => endedOf(members.get(labels), labels, episode)),
    resolvedCount: gone.length,
  };
  const current: Outgoing = {
    key: keyOf(rule, firing, gone),
    details,
    tells: new Map(firing.map(({ labels, episode }) => [labels, episode])),
    attempts: 0,
    nextMs: clockMs,
    reason: '',
  };
  return { ...lane, changed: false, lastMs: clockMs, dueMs: null, current };
}

/** The same for the same rule and the same firings, whenever and however often it is made. */
function keyOf(rule: string, firing: readonly Member[], gone: readonly (readonly [string, string])[]): string {
  const fires = firing.map(({ episode, firedVersion }) => [episode, firedVersion]).sort(byText);
  const ends = gone.map(([, episode]) => episode).sort();
  return `alert_${createHash('sha256')
    .update(JSON.stringify([rule, fires, ends]))
    .digest('hex')
    .slice(0, 32)}`;
}

function byText(a: readonly string[], b: readonly string[]): number {
  const [one, other] = [a.join(' '), b.join(' ')];
  return one < other ? -1 : one > other ? 1 : 0;
}

function endedOf(member: Member | undefined, labels: string, episode: string): NotifiedInstance {
  if (member !== undefined) return { ...notifiedOf(member), episode };
  // Long over: its transitions are kept in the store only.
  const nothing = { value: null, target: null, samples: 0, sinceMs: 0, timeMs: 0, provisional: false, reason: '' };
  return { labels: decodeLabels(labels), episode, ...nothing };
}
