import type { TransitionMessage } from '../messages.ts';
import type { NotifiedInstance } from './notification.ts';
import { decodeLabels } from '../measure/labels.ts';

/** An instance as its group knows it: what its last transition said. */
export interface Member {
  readonly labels: string;
  readonly ruleHash: string;
  /** Whether it fires and people are to know: a suppressed firing is none. */
  readonly firing: boolean;
  readonly episode: string;
  /** End of the window at which it began to fire. */
  readonly sinceMs: number;
  /** End of the window that the last transition was about. */
  readonly timeMs: number;
  /** Of the last transition, in decimal: JSON has no bigint. */
  readonly version: string;
  /** Version of the transition that made it fire: tells one firing of an episode from the next. */
  readonly firedVersion: string;
  readonly to: TransitionMessage['to'];
  readonly value: number | null;
  readonly target: number | null;
  readonly samples: number;
  readonly provisional: boolean;
  readonly severity: string;
  readonly kpi: string;
  readonly reason: string;
  readonly notify: readonly string[];
}

/** Upward order of the states: at one window end an instance only rises or only falls. */
const RANK: Readonly<Record<TransitionMessage['to'], number>> = { inactive: 0, pending: 1, firing: 2 };

/**
 * Whether a transition comes after what the member has heard. After a crash the alert fold publishes transitions again;
 * one that is not newer must not fire anew what is over.
 */
export function isNews(member: Member | undefined, transition: TransitionMessage): boolean {
  if (member === undefined) return true;
  // A changed rule is another one: that the old one's firing ends says nothing of the new one's.
  if (member.firing && transition.to !== 'firing' && transition.ruleHash !== member.ruleHash) return false;
  const version = BigInt(member.version);
  if (transition.version !== version) return transition.version > version;
  // One record in [values] may step several windows.
  if (transition.timeMs !== member.timeMs) return transition.timeMs > member.timeMs;
  return RANK[transition.to] > RANK[member.to];
}

/** The member after a transition that is news. */
export function memberAfter(before: Member | undefined, transition: TransitionMessage): Member {
  const { labels, ruleHash, episode, timeMs, to, value, target, samples, provisional, severity, kpi, reason, notify } =
    transition;
  const version = String(transition.version);
  // A suppressed repeat does not take back what people know of the same episode.
  const goesOn = before?.firing === true && before.episode === episode;
  const firing = to === 'firing' && (transition.suppressed === null || goesOn);
  const since = goesOn
    ? { sinceMs: before.sinceMs, firedVersion: before.firedVersion }
    : to === 'firing'
      ? { sinceMs: timeMs, firedVersion: version }
      : { sinceMs: before?.sinceMs ?? timeMs, firedVersion: before?.firedVersion ?? version };
  return {
    labels,
    ruleHash,
    firing,
    episode,
    ...since,
    timeMs,
    version,
    to,
    value,
    target,
    samples,
    provisional,
    severity,
    kpi,
    reason,
    notify,
  };
}

/** The member as a notification tells of it. */
export function notifiedOf(member: Member): NotifiedInstance {
  const { labels, value, target, samples, sinceMs, timeMs, provisional, episode, reason } = member;
  return { labels: decodeLabels(labels), value, target, samples, sinceMs, timeMs, provisional, episode, reason };
}
