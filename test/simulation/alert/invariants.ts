import { QUIET } from '../../../services/shared/core/alert/alert-instance.ts';
import type { TransitionMessage } from '../../../services/shared/core/messages.ts';
import { deskMs } from './oracle-desk.ts';
import type { OracleRule } from './oracle-inputs.ts';
import { oracleSetup } from './setup.ts';

const rules = new Map<string, OracleRule>(oracleSetup.rules.map((rule) => [rule.hash, rule]));

/** What must hold of everything that was ever published, whoever did it and whatever the values say; gives what does not. */
export function broken(published: readonly TransitionMessage[]): string[] {
  const first = firstOfEach(published);
  return [...orders(first), ...episodes(first), ...told(first), ...timers(first), ...falseResolves(first)];
}

/** Each transition where it came first. */
function firstOfEach(published: readonly TransitionMessage[]): TransitionMessage[] {
  const seen = new Set<string>();
  return published.filter(({ episode, from, to, timeMs }) => {
    const key = `${episode} ${from}>${to} ${timeMs}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function nameOf({ rule, labels, timeMs }: TransitionMessage): string {
  return `${rule} ${labels} at ${timeMs}`;
}

/** The transitions of an instance come first in the order in which they came about, each following from the one before. */
function orders(published: readonly TransitionMessage[]): string[] {
  const states = new Map<string, string>();
  return published.flatMap((each) => {
    const { ruleHash, labels, from, to } = each;
    const before = states.get(`${ruleHash} ${labels}`) ?? 'inactive';
    states.set(`${ruleHash} ${labels}`, to);
    return before === from ? [] : [`${nameOf(each)} goes from ${from} to ${to}, but was ${before}`];
  });
}

/** Reliability 15: one episode has one key, and one key is of one episode, however often the fold crashed in it. */
function episodes(published: readonly TransitionMessage[]): string[] {
  const wrong: string[] = [];
  const open = new Map<string, string>();
  const begun = new Set<string>();
  for (const each of published) {
    const { ruleHash, labels, from, episode } = each;
    const instance = `${ruleHash} ${labels}`;
    if (from === 'inactive') {
      if (begun.has(episode)) wrong.push(`an episode begins twice: ${nameOf(each)}`);
      begun.add(episode);
      open.set(instance, episode);
    } else if (open.get(instance) !== episode) wrong.push(`another key in one episode: ${nameOf(each)}`);
  }
  return wrong;
}

/** Somebody is told of a firing once, and of its end only then. */
function told(published: readonly TransitionMessage[]): string[] {
  const wrong: string[] = [];
  const known = new Set<string>();
  for (const each of published) {
    const { from, to, episode, suppressed } = each;
    if (to === 'firing' && suppressed === null) {
      if (known.has(episode)) wrong.push(`told twice: ${nameOf(each)}`);
      known.add(episode);
    }
    if (from === 'firing' && to === 'inactive' && (suppressed === null) !== known.has(episode))
      wrong.push(`a resolve of what nobody knew, or a silent one: ${nameOf(each)}`);
  }
  return wrong;
}

/** Reliability 16: `for` is over in the window in which it has to be, whatever restarted while it ran. */
function timers(published: readonly TransitionMessage[]): string[] {
  const wrong: string[] = [];
  const since = new Map<string, number>();
  for (const each of published) {
    const { ruleHash, from, to, episode, timeMs } = each;
    if (from === 'inactive') since.set(episode, timeMs);
    if (to !== 'firing') continue;
    const { forMs, kpi, provisional, atDesk = false } = rules.get(ruleHash)!;
    const sinceMs = since.get(episode)!;
    const heldMs = atDesk ? deskMs(sinceMs, timeMs) : timeMs - sinceMs;
    if (heldMs < forMs) wrong.push(`fires early, after ${heldMs} ms: ${nameOf(each)}`);
    // A window that is looked at before it is complete may be far ahead of those that are.
    const late = from === 'pending' && heldMs >= forMs + oracleSetup.kpis[kpi]!.everyMs && !provisional;
    if (late) wrong.push(`fires late, after ${heldMs} ms: ${nameOf(each)}`);
  }
  return wrong;
}

/** Reliability 16: what fires ends only by a value that says so, or with its rule. */
function falseResolves(published: readonly TransitionMessage[]): string[] {
  return published.flatMap((each) => {
    const { from, to, value, samples, ruleHash, reason, labels, timeMs } = each;
    if (from !== 'firing' || to !== 'inactive' || reason === QUIET.ruleGone) return [];
    const { minSamples, holds, recovers } = rules.get(ruleHash)!;
    const has = value !== null && samples >= minSamples;
    const over = has && (recovers === null ? holds(value, labels, timeMs) === false : recovers(value, labels, timeMs));
    return over ? [] : [`a false resolve: ${nameOf(each)}`];
  });
}
