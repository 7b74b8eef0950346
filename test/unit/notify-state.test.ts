import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { DeliveryMessage } from '../../services/shared/core/messages.ts';
import { GROUP_INTERVAL_MS, GROUP_WAIT_MS, type Outgoing } from '../../services/shared/core/notify/notify-lane.ts';
import {
  ENDED_MEMBERS_MAX,
  nextDueMs,
  NOTIFY_START,
  type NotifyEffect,
  type NotifyInput,
  type NotifyState,
  stepNotify,
} from '../../services/shared/core/notify/notify-state.ts';
import { decodeNotifyState, encodeNotifyState } from '../../services/shared/core/notify/notify-state-json.ts';
import { FIRST_MS, transition } from '../support/transition.ts';

/** A receiver that takes everything at once, or does what it is told. */
class Line {
  state: NotifyState = NOTIFY_START;
  nowMs = FIRST_MS;
  readonly made: Outgoing[] = [];
  readonly effects: NotifyEffect[] = [];
  reason = '';
  takes = true;
  /** Whether the state is stored and loaded again before each record. */
  stores = true;

  /** One record, now. */
  put(input: NotifyInput): void {
    // What is stored and loaded again must go on the same way.
    const before = this.stores ? decodeNotifyState(encodeNotifyState(this.state)) : this.state;
    const step = stepNotify(before, input, this.nowMs);
    this.state = step.state;
    this.reason = step.reason;
    this.effects.push(...step.effects);
    for (const { state, outgoing, channel } of step.effects) {
      if (state !== 'pending' || outgoing.attempts > 0) continue;
      this.made.push(outgoing);
      if (this.takes) this.put(this.outcome(outgoing, 'delivered', { channel }));
    }
  }

  outcome(
    { key }: Outgoing,
    outcome: DeliveryMessage['outcome'],
    changes: Partial<DeliveryMessage> = {},
  ): DeliveryMessage {
    const rest = { attempts: 1, nextMs: null, reason: '', timeMs: this.nowMs };
    return { type: 'delivery', key, rule: 'slow', channel: 'hook', outcome, ...rest, ...changes };
  }

  /** Time passes; a tick comes wherever something is due. */
  pass(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const dueMs = nextDueMs(this.state);
      if (dueMs === null || dueMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.put({ type: 'tick' });
    }
    this.nowMs = untilMs;
  }

  /** What was told, such as `north+ south-`. */
  get said(): string[] {
    return this.made.map(({ details: { firing, resolved } }) =>
      [...firing.map(({ labels }) => `${labels['team']}+`), ...resolved.map(({ labels }) => `${labels['team']}-`)].join(
        ' ',
      ),
    );
  }
}

function line(): Line {
  return new Line();
}

describe('grouping', () => {
  test('the first page waits two seconds for the others of its group, and goes out as one', () => {
    const it = line();
    it.put(transition('north', 'pending', 0));
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS - 1);
    expect(it.said).toEqual([]);
    it.put(transition('south', 'firing', 1));
    it.pass(1);
    expect(it.said).toEqual(['north+ south+']);
    expect(it.made[0]!.details).toMatchObject({
      type: 'alert.firing',
      rule: 'slow',
      kpi: 'first_response_time',
      severity: 'page',
      firingCount: 2,
      resolvedCount: 0,
      timeMs: FIRST_MS + GROUP_WAIT_MS,
    });
  });

  test('one notification per group change, at most one per group interval', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(10_000);
    it.put(transition('south', 'firing', 2));
    it.pass(20_000);
    it.put(transition('west', 'firing', 3));
    it.pass(GROUP_INTERVAL_MS - 30_000);
    expect(it.said).toEqual(['north+']);
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+', 'north+ south+ west+']);
    it.pass(10 * GROUP_INTERVAL_MS);
    expect(it.said).toHaveLength(2);
  });

  test('after a quiet time the next page is as quick as the first', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_INTERVAL_MS * 2);
    it.put(transition('south', 'firing', 20));
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+', 'north+ south+']);
  });

  test('groups and channels are apart: a channel that is away holds up no other', () => {
    const it = line();
    it.takes = false;
    it.put(transition('north', 'firing', 1, { notify: ['hook', 'shout'] }));
    it.put(transition('north', 'firing', 1, { rule: 'other' }));
    it.pass(GROUP_WAIT_MS);
    expect(it.effects.map(({ rule, channel }) => `${rule} ${channel}`)).toEqual([
      'slow hook',
      'slow shout',
      'other hook',
    ]);
    it.put(it.outcome(it.made[1]!, 'delivered', { channel: 'shout' }));
    it.put(transition('north', 'inactive', 2, { notify: ['hook', 'shout'] }));
    it.pass(GROUP_INTERVAL_MS);
    expect(it.effects.slice(3).map(({ channel, state }) => `${channel} ${state}`)).toEqual([
      'shout delivered',
      'shout pending',
    ]);
    expect(it.said.at(-1)).toBe('north-');
  });
});

describe('resolved', () => {
  test('is told when the firing was delivered, with the labels, and once', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.put(transition('south', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    it.put(transition('south', 'inactive', 9, { value: 20 }));
    it.pass(GROUP_INTERVAL_MS);
    it.put(transition('north', 'inactive', 10));
    it.pass(GROUP_INTERVAL_MS * 3);
    expect(it.said).toEqual(['north+ south+', 'north+ south-', 'north-']);
    expect(it.made.map(({ details }) => details.type)).toEqual(['alert.firing', 'alert.firing', 'alert.resolved']);
    expect(it.made[1]!.details.resolved[0]).toMatchObject({ value: 20, episode: 'south 1' });
    expect(new Set(it.made.map(({ key }) => key)).size).toBe(3);
  });

  test('is not told when the firing was given up', () => {
    const it = line();
    it.takes = false;
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    it.put(it.outcome(it.made[0]!, 'failed', { attempts: 3, reason: 'gone' }));
    expect(it.state.groups.get('slow')!.lanes.get('hook')!.failure).toMatchObject({ attempts: 3, reason: 'gone' });
    it.put(transition('north', 'inactive', 2));
    it.pass(GROUP_INTERVAL_MS * 3);
    expect(it.said).toEqual(['north+']);
    // The next episode is tried anew, and a delivery takes the failure away.
    it.takes = true;
    it.put(transition('north', 'firing', 30));
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+', 'north+']);
    expect(it.state.groups.get('slow')!.lanes.get('hook')!.failure).toBeNull();
  });

  test('a firing that was given up is not tried again before the group changes', () => {
    const it = line();
    it.takes = false;
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    it.put(it.outcome(it.made[0]!, 'failed'));
    it.put(transition('south', 'pending', 3));
    it.pass(GROUP_INTERVAL_MS * 9);
    expect(it.said).toEqual(['north+']);
    it.put(transition('south', 'firing', 40));
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+', 'north+ south+']);
  });

  test('while the firing is still on its way it waits for its turn', () => {
    const it = line();
    it.takes = false;
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    it.put(it.outcome(it.made[0]!, 'retrying', { nextMs: it.nowMs + 5_000, reason: '503' }));
    it.put(transition('north', 'inactive', 2));
    it.pass(12 * GROUP_INTERVAL_MS);
    expect(it.said).toEqual(['north+']);
    it.put(it.outcome(it.made[0]!, 'delivered', { attempts: 2 }));
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+', 'north-']);
  });
});

describe('flapping', () => {
  test('fire, resolve and fire inside one group interval: the last that was told is that it fires', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(60_000);
    it.put(transition('north', 'inactive', 2));
    it.pass(60_000);
    it.put(transition('north', 'firing', 3));
    it.pass(3 * GROUP_INTERVAL_MS);
    expect(it.said).toEqual(['north+']);
    it.put(transition('north', 'inactive', 20));
    it.pass(GROUP_INTERVAL_MS);
    expect(it.said).toEqual(['north+', 'north-']);
  });

  test('fire, resolve, told, then fire and resolve and fire: the final state is told', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_INTERVAL_MS);
    it.put(transition('north', 'inactive', 6));
    it.pass(GROUP_WAIT_MS);
    for (const [minute, to] of [
      [7, 'firing'],
      [8, 'inactive'],
      [9, 'firing'],
    ] as const) {
      it.put(transition('north', to, minute));
      it.pass(60_000);
    }
    it.pass(GROUP_INTERVAL_MS);
    expect(it.said).toEqual(['north+', 'north-', 'north+']);
  });

  test.each([0, 0.25, 0.5, 0.9])(
    'reliability 17: at 1 Hz for ten minutes: two notifications, the last one true (phase %f)',
    (phase) => {
      const it = line();
      it.pass(phase * 1_000);
      for (let second = 0; second < 600; second++) {
        it.put(transition('north', second % 2 === 0 ? 'firing' : 'inactive', second));
        it.pass(1_000);
      }
      it.pass(GROUP_INTERVAL_MS * 2);
      expect(it.said).toEqual(['north+', 'north-']);
    },
  );

  test('one that fires and is over while it waits for others is told all the same', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS / 2);
    it.put(transition('north', 'inactive', 2));
    expect(it.said).toEqual(['north+']);
    it.pass(GROUP_INTERVAL_MS * 2);
    expect(it.said).toEqual(['north+', 'north-']);
  });
});

describe('suppressed', () => {
  test('a suppressed firing tells nobody, nor does its end; the same episode fires once it is live', () => {
    const it = line();
    it.put(transition('north', 'firing', 1, { suppressed: 'import' }));
    expect(it.reason).toBe('nobody is told: import');
    it.put(transition('south', 'firing', 1, { suppressed: 'import' }));
    it.put(transition('south', 'inactive', 2, { suppressed: 'import' }));
    it.pass(GROUP_INTERVAL_MS);
    expect(it.said).toEqual([]);
    expect(it.state.groups.size).toBe(0);
    it.put(transition('north', 'firing', 5, { from: 'firing', episode: 'north 1' }));
    it.pass(GROUP_WAIT_MS);
    expect(it.said).toEqual(['north+']);
  });

  test('the end of what was told is told, however late it is known', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    it.put(transition('north', 'inactive', 2, { suppressed: 'older than 15 minutes' }));
    it.pass(GROUP_INTERVAL_MS);
    expect(it.said).toEqual(['north+', 'north-']);
  });

  test('a suppressed repeat of an episode that people know of takes nothing back', () => {
    const it = line();
    it.put(transition('north', 'firing', 1));
    it.put(transition('north', 'firing', 3, { episode: 'north 1', suppressed: 'import' }));
    it.pass(GROUP_INTERVAL_MS * 2);
    expect(it.said).toEqual(['north+']);
  });
});

describe('repeats', () => {
  test('transitions that are published again after a crash fire nothing anew', () => {
    const it = line();
    const records = [
      transition('north', 'pending', 1),
      transition('north', 'firing', 1),
      transition('north', 'inactive', 2),
    ];
    for (const record of records) {
      it.put(record);
      it.pass(GROUP_INTERVAL_MS);
    }
    expect(it.said).toEqual(['north+', 'north-']);
    for (const record of records) {
      it.put(record);
      expect(it.reason).toMatch(/^repeated/);
      it.pass(GROUP_INTERVAL_MS);
    }
    expect(it.said).toHaveLength(2);
  });

  test('outcomes that come twice, late, or of another notification change nothing', () => {
    const it = line();
    it.takes = false;
    it.put(transition('north', 'firing', 1));
    it.pass(GROUP_WAIT_MS);
    const [first] = it.made;
    it.put(it.outcome(first!, 'retrying', { attempts: 2, nextMs: it.nowMs + 10 }));
    const { state } = it;
    it.put(it.outcome(first!, 'retrying', { attempts: 1, nextMs: it.nowMs + 99 }));
    it.put(it.outcome({ ...first!, key: 'another' }, 'delivered'));
    it.put(it.outcome(first!, 'delivered', { channel: 'no such channel' }));
    expect(it.state).toEqual(state);
    it.put(it.outcome(first!, 'delivered', { attempts: 1 }));
    it.put(it.outcome(first!, 'failed', { attempts: 9 }));
    expect(it.state.groups.get('slow')!.lanes.get('hook')).toMatchObject({ current: null, failure: null });
  });

  test('the key follows from rule and episodes, not from the way there', () => {
    const [one, other] = [line(), line()];
    one.put(transition('north', 'firing', 1));
    one.put(transition('south', 'firing', 1));
    one.pass(GROUP_WAIT_MS);
    other.nowMs += 77_000;
    other.put(transition('south', 'firing', 1));
    other.put(transition('south', 'firing', 1));
    other.put(transition('north', 'pending', 1));
    other.put(transition('north', 'firing', 1));
    other.pass(GROUP_WAIT_MS);
    expect(one.made.map(({ key }) => key)).toEqual(other.made.map(({ key }) => key));
    expect(one.made[0]!.key).toMatch(/^alert_[0-9a-f]{32}$/);
  });

  test('an episode that fires twice (a provisional one that was taken back) has two keys', () => {
    const it = line();
    const again = { episode: 'day', timeMs: FIRST_MS, provisional: true };
    for (const [at, to] of (['firing', 'inactive', 'firing'] as const).entries()) {
      it.put(transition('north', to, at, { ...again, version: BigInt(at) }));
      it.pass(GROUP_INTERVAL_MS);
    }
    expect(it.said).toEqual(['north+', 'north-', 'north+']);
    expect(new Set(it.made.map(({ key }) => key)).size).toBe(3);
  });
});

test('a changed rule is another one: what it fires anew is not ended by the end of the old one', () => {
  const it = line();
  it.put(transition('north', 'firing', 1));
  it.put(transition('south', 'firing', 1));
  it.pass(GROUP_INTERVAL_MS);
  const gone = { suppressed: 'the rule is no longer in the catalogue', episode: 'old' };
  it.put(transition('north', 'firing', 9, { ruleHash: 'another' }));
  it.put(transition('north', 'inactive', 9, { ...gone, version: 10n }));
  it.put(transition('south', 'inactive', 9, { ...gone, version: 10n }));
  it.pass(GROUP_INTERVAL_MS);
  expect(it.said).toEqual(['north+ south+', 'north+ south-']);
  it.put(transition('north', 'inactive', 30, { ruleHash: 'another' }));
  it.pass(GROUP_WAIT_MS);
  expect(it.said.at(-1)).toBe('north-');
});

test('instances that are over are forgotten above the limit, the longest unchanged first, firing ones never', () => {
  const it = line();
  it.stores = false;
  it.put(transition('stays', 'firing', 0));
  for (let i = 0; i < ENDED_MEMBERS_MAX + 20; i++) {
    it.put(transition(`t${i}`, 'firing', i, { notify: [] }));
    it.put(transition(`t${i}`, 'inactive', i + 1, { notify: [] }));
  }
  const members = it.state.groups.get('slow')!.members;
  expect(members.size).toBe(ENDED_MEMBERS_MAX);
  const has = (team: string): boolean => members.has(encodeLabels({ team }));
  expect([has('stays'), has('t0'), has(`t${ENDED_MEMBERS_MAX + 19}`)]).toEqual([true, false, true]);
});

test('whatever happens, the last that was delivered is what fires, and nothing is told twice in a row', () => {
  const action = fc.record({
    team: fc.constantFrom('a', 'b', 'c'),
    waitMs: fc.constantFrom(0, 500, 1_000, 3_000, 60_000, 301_000),
    fails: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const it = line();
      const firing = new Set<string>();
      for (const [minute, { team, waitMs, fails }] of actions.entries()) {
        it.takes = !fails;
        if (!firing.delete(team)) firing.add(team);
        it.put(transition(team, firing.has(team) ? 'firing' : 'inactive', minute));
        it.pass(waitMs);
        // A channel that was away takes what waits.
        const current = it.state.groups.get('slow')?.lanes.get('hook')?.current ?? null;
        if (!fails && current !== null) it.put(it.outcome(current, 'delivered', { attempts: 1 }));
      }
      it.takes = true;
      const current = it.state.groups.get('slow')?.lanes.get('hook')?.current ?? null;
      if (current !== null) it.put(it.outcome(current, 'delivered'));
      it.pass(GROUP_INTERVAL_MS * 2);
      const last = it.made.at(-1);
      const told = last === undefined ? [] : last.details.firing.map(({ labels }) => labels['team']!);
      expect(told.sort()).toEqual([...firing].sort());
      for (const [at, { key }] of it.made.entries()) expect(key).not.toBe(it.made[at + 1]?.key);
      expect(nextDueMs(it.state)).toBeNull();
    }),
    { numRuns: 500 },
  );
});
