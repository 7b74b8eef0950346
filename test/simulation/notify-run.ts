import type { TransitionMessage } from '../../services/shared/core/messages.ts';
import { NOTIFY_START, stepNotify } from '../../services/shared/core/notify/notify-state.ts';
import { encodeNotifyState } from '../../services/shared/core/notify/notify-state-json.ts';
import { offsetOf } from '../../services/shared/core/version.ts';
import { FIRST_MS, transition } from '../support/transition.ts';
import { type Behaviour, type Crash, NotifyWorld } from './notify-world.ts';

const BOTH = ['hook', 'shout'];
/** What a receiver that is busy asks for. */
const RETRY_AFTER_MS = 4_000;

/** What the alert fold publishes, by seconds. */
export interface NotifyScript {
  readonly transitions: readonly (readonly [number, TransitionMessage])[];
  /** When it publishes again all that it has published. */
  readonly repeatedAtS: readonly number[];
  readonly endS: number;
}

const TRANSITIONS: NotifyScript['transitions'] = [
  [1, transition('north', 'pending', 0)],
  [1, transition('north', 'firing', 1, { notify: BOTH })],
  [1.5, transition('south', 'firing', 1)],
  [20, transition('west', 'firing', 1, { suppressed: 'import' })],
  [30, transition('south', 'inactive', 3)],
  [60, transition('south', 'firing', 4)],
  [90, transition('south', 'inactive', 5)],
  [400, transition('north', 'inactive', 6, { notify: BOTH })],
  [650, transition('west', 'inactive', 9, { suppressed: 'import' })],
  [700, transition('east', 'firing', 10, { rule: 'other' })],
  [720, transition('east', 'inactive', 11, { rule: 'other' })],
  [1_010, transition('north', 'firing', 16, { notify: BOTH })],
  [1_100, transition('north', 'inactive', 17, { notify: BOTH })],
  [1_200, transition('mid', 'firing', 20, { rule: 'brief' })],
  [1_201, transition('mid', 'inactive', 21, { rule: 'brief' })],
  [1_500, transition('south', 'firing', 24, { rule: 'other', notify: ['removed'] })],
];
/** After a restart the alert fold publishes again what it had not stored: here all of it. */
const SCRIPT: NotifyScript = { transitions: TRANSITIONS, repeatedAtS: [95, 1_050, 1_700], endS: 2_000 };

/** The hook is busy at first, and is gone for a while later. */
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  hook(nowMs) {
    const second = (nowMs - FIRST_MS) / 1_000;
    if (second < 8) return { reason: 'the receiver answered 429', retryAfterMs: RETRY_AFTER_MS };
    return second > 699 && second < 730 ? { reason: 'the receiver answered 410', retryAfterMs: null } : null;
  },
  shout: () => null,
};

/** What a run came to. */
export interface NotifyRun {
  /** What went wrong; empty: nothing. */
  readonly problems: readonly string[];
  /** Calls that all owners made together: each is a place to crash at. */
  readonly calls: number;
  /** What each channel was told, repeats of a key left out. */
  readonly said: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly string[];
}

/** Runs a script with crashes, one per life. */
export async function runNotify(crashes: readonly Crash[], script = SCRIPT): Promise<NotifyRun> {
  const { transitions, repeatedAtS, endS } = script;
  const world = new NotifyWorld(BEHAVIOURS, crashes);
  await world.open();
  const events = transitions.map(([second, message]) => ({ second, messages: [message] }));
  for (const second of repeatedAtS)
    events.push({ second, messages: transitions.filter(([at]) => at < second).map(([, message]) => message) });
  events.sort((a, b) => a.second - b.second);
  const nowS = (): number => (world.clock.nowMs() - FIRST_MS) / 1_000;
  while (nowS() < endS) {
    for (; events[0] !== undefined && events[0].second <= nowS(); events.shift())
      for (const message of events[0].messages) await world.publish(message);
    // An owner that has just taken over does not know yet what is due.
    for (let deaths = -1; deaths !== world.deaths;) {
      deaths = world.deaths;
      await world.round();
    }
    const next = [endS, events[0]?.second ?? endS, ((world.nextMs ?? Infinity) - FIRST_MS) / 1_000];
    // Half a second at least: what became due in this round has its turn.
    world.clock.advance(Math.ceil(Math.max(500, (Math.min(...next) - nowS()) * 1_000)));
  }
  await world.finish();
  const said: Record<string, string[]> = {};
  const seen = new Set<string>();
  for (const { key, channel, said: text } of world.taken) {
    if (!seen.has(`${key} ${channel}`)) (said[channel] ??= []).push(text);
    seen.add(`${key} ${channel}`);
  }
  return {
    problems: [...world.problems, ...(await judge(world))],
    calls: world.calls,
    said,
    keys: [...seen].sort(),
  };
}

async function judge(world: NotifyWorld): Promise<string[]> {
  const problems: string[] = [];
  const times = new Map<string, number>();
  for (const { key, channel } of world.taken) times.set(`${key} ${channel}`, (times.get(`${key} ${channel}`) ?? 0) + 1);
  for (const [place, count] of times)
    if (count > 1 + (world.excused.get(place) ?? 0)) problems.push(`${place} was delivered ${count} times`);
  for (const retry of await world.deliveries('retrying')) {
    const early = world.taken.find(({ key, atMs }) => key === retry.key && atMs < retry.timeMs + RETRY_AFTER_MS);
    if (early !== undefined && retry.reason.includes('429') && early.channel === retry.channel)
      problems.push(`${retry.key} came ${retry.timeMs + RETRY_AFTER_MS - early.atMs} ms before Retry-After`);
  }
  return [...problems, ...(await judgeRows(world))];
}

/** The stored state and rows against the records, folded from the first one. */
async function judgeRows(world: NotifyWorld): Promise<string[]> {
  const problems: string[] = [];
  let state = NOTIFY_START;
  const rows = new Map<string, string>();
  const messages = await world.messages();
  for (const { message, appendMs } of messages) {
    const step = stepNotify(state, message as Parameters<typeof stepNotify>[1], appendMs);
    state = step.state;
    for (const { channel, state: became, outgoing } of step.effects)
      rows.set(`${outgoing.key} ${channel}`, `${became} after ${outgoing.attempts}`);
  }
  const position = await world.store.position('notify', 'transitions', 0);
  if (position?.content !== encodeNotifyState(state)) problems.push('the stored state is not that of the records');
  if (offsetOf(position?.version ?? 0n) !== messages.length - 1) problems.push('the position is not at the end');
  const stored = new Map(
    world.store
      .dump('notifications')
      .map(({ key, channel, state: became, attempts }) => [`${key} ${channel}`, `${became} after ${attempts}`]),
  );
  for (const place of new Set([...rows.keys(), ...stored.keys()]))
    if (rows.get(place) !== stored.get(place))
      problems.push(`the row ${place} is ${stored.get(place)}, not ${rows.get(place)}`);
  for (const [place, became] of rows)
    if (became.startsWith('pending')) problems.push(`${place} is ${became} at the end`);
  return problems;
}
