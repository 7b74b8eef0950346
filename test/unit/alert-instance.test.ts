import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  abandonAlert,
  type AlertEffect,
  type AlertInstance,
  episodeOf,
  INACTIVE,
  type Look,
  QUIET,
  REASON,
  stepAlert,
} from '../../services/shared/core/alert/alert-instance.ts';
import { quietOf, runAlert, type Shown } from '../../services/shared/core/alert/alert-run.ts';
import type { WindowSpec } from '../../services/shared/core/definition.ts';
import type { Rule } from '../../services/shared/core/alert/rule.ts';
import { passes } from '../../services/shared/core/alert/rule-limit.ts';

const MINUTE = 60_000;

/** Fires above 10 after two minutes, recovers below 5, with at least 2 samples. */
function ruleOf(changes: Partial<Rule> = {}): Rule {
  return {
    name: 'high',
    hash: 'h',
    kpi: 'k',
    definition: 'd',
    when: { op: '>', limit: 10, text: 'value > 10' },
    recover: { op: '<', limit: 5, text: 'value < 5' },
    forMs: 2 * MINUTE,
    during: null,
    minSamples: 2,
    severity: 'page',
    provisional: false,
    notify: [],
    target: null,
    ...changes,
  };
}

const at = (minute: number, value: number | null, changes: Partial<Look> = {}): Look => ({
  endMs: minute * MINUTE,
  value,
  samples: 5,
  provisional: false,
  quiet: null,
  ...changes,
});
const pendingAt = (minute: number): AlertInstance => ({ ...INACTIVE, state: 'pending', sinceMs: minute * MINUTE });
const firingAt = (minute: number, told = true): AlertInstance => ({
  ...INACTIVE,
  state: 'firing',
  sinceMs: minute * MINUTE,
  told,
});

/** Every state against everything a window can show: [state before, window] → [state after, told?, suppressed, reason]. */
const SHOWS = { high: 11, between: 7, low: 4, none: null } as const;
const QUIETS = [null, QUIET.import, QUIET.tooOld] as const;
type Row = readonly [state: string, told: boolean, effect: string, reason: string];

function expected(state: string, show: string, quiet: string | null, provisional: boolean): Row {
  const plain = (to: string, told: boolean, effect: string, reason: string): Row => [to, told, effect, reason];
  const suppressed = quiet ?? 'told';
  const told = quiet === null;
  if (provisional && show !== 'high')
    return plain(state.split(' ')[0]!, state === 'firing told', '', REASON.notComplete);
  const why = {
    high: REASON.holds,
    between: REASON.fails,
    low: REASON.fails,
    none: REASON.noValue,
    few: REASON.fewSamples,
  };
  const reason = why[show as keyof typeof why];
  switch (state) {
    case 'inactive':
      return show === 'high' ? plain('pending', false, suppressed, REASON.waits) : plain('inactive', false, '', reason);
    case 'pending early':
      return show === 'high' ? plain('pending', false, '', REASON.waits) : plain('inactive', false, suppressed, reason);
    case 'pending over':
      return show === 'high'
        ? plain('firing', told, suppressed, REASON.heldForLong)
        : plain('inactive', false, suppressed, reason);
    case 'firing told':
      if (show === 'low')
        return told
          ? plain('inactive', false, 'told', REASON.recovered)
          : plain('firing', true, '', REASON.waitsForLive);
      return plain('firing', true, '', show === 'between' ? REASON.notRecovered : reason);
    default:
      if (show === 'low') return plain('inactive', false, QUIET.untold, REASON.recovered);
      if (show === 'high' && told) return plain('firing', true, 'told', REASON.holdsLive);
      return plain('firing', false, '', show === 'between' ? REASON.notRecovered : reason);
  }
}

describe('every state against everything that a window can show', () => {
  const states: Readonly<Record<string, AlertInstance>> = {
    inactive: INACTIVE,
    'pending early': pendingAt(9),
    'pending over': pendingAt(8),
    'firing told': firingAt(5),
    'firing untold': firingAt(5, false),
  };
  const cases = Object.keys(states).flatMap((state) =>
    [...Object.keys(SHOWS), 'few'].flatMap((show) =>
      QUIETS.flatMap((quiet) => [true, false].map((provisional) => ({ state, show, quiet, provisional }))),
    ),
  );
  test.each(cases)('$state, $show, quiet: $quiet, provisional: $provisional', ({ state, show, quiet, provisional }) => {
    const value = show === 'few' ? 11 : SHOWS[show as keyof typeof SHOWS];
    const look = at(10, value, { quiet, provisional, samples: show === 'few' ? 1 : 5 });
    const { instance, effect, reason } = stepAlert(ruleOf(), states[state]!, look);
    const told = effect === null ? '' : (effect.suppressed ?? 'told');
    expect([instance.state, instance.told, told, reason]).toEqual(expected(state, show, quiet, provisional));
    const passage = effect === null ? instance.state : `${effect.from} ${effect.to}`;
    expect(passage).toBe(effect === null ? states[state]!.state : `${states[state]!.state} ${instance.state}`);
    expect(instance.sinceMs === null).toBe(instance.state === 'inactive');
    expect(instance.actedMs).toBe(provisional && show === 'high' ? look.endMs : null);
  });
});

test('without `for` it fires at once, in one step', () => {
  const { instance, effect } = stepAlert(ruleOf({ forMs: 0 }), INACTIVE, at(1, 11));
  expect(instance).toEqual({ state: 'firing', sinceMs: MINUTE, told: true, actedMs: null });
  expect(effect).toMatchObject({ from: 'inactive', to: 'firing', sinceMs: MINUTE, reason: REASON.holds });
});

test('`for` runs on window ends: as long as it asks is enough, a millisecond less is not', () => {
  const rule = ruleOf({ forMs: 10 * MINUTE });
  const before = stepAlert(rule, pendingAt(0), { ...at(0, 11), endMs: 10 * MINUTE - 1 });
  expect(before.instance.state).toBe('pending');
  expect(stepAlert(rule, pendingAt(0), at(10, 11)).instance.state).toBe('firing');
});

test('without `recover` a firing ends when its condition does not hold', () => {
  const { effect, reason } = stepAlert(ruleOf({ recover: null }), firingAt(0), at(1, 10));
  expect(effect).toMatchObject({ from: 'firing', to: 'inactive', suppressed: null });
  expect(reason).toBe(REASON.fails);
});

test('what was seen before the window was complete counts: its complete value is not looked at', () => {
  const rule = ruleOf({ forMs: 0, recover: null, provisional: true });
  const early = stepAlert(rule, INACTIVE, at(3, 11, { provisional: true }));
  expect(early.effect).toMatchObject({ to: 'firing' });
  const complete = stepAlert(rule, early.instance, at(3, 1));
  expect(complete).toEqual({ instance: early.instance, effect: null, reason: REASON.seen });
  expect(stepAlert(rule, early.instance, at(2, 1)).effect).toBeNull();
  expect(stepAlert(rule, early.instance, at(4, 1)).effect).toMatchObject({ to: 'inactive' });
});

test('a rule that is gone ends its episodes; only who was told of a firing hears of it', () => {
  const look = at(9, null);
  expect(abandonAlert(INACTIVE, look)).toBeNull();
  expect(abandonAlert(pendingAt(1), look)).toMatchObject({
    from: 'pending',
    to: 'inactive',
    suppressed: QUIET.ruleGone,
  });
  expect(abandonAlert(firingAt(1, false), look)).toMatchObject({ from: 'firing', suppressed: QUIET.ruleGone });
  expect(abandonAlert(firingAt(1), look)).toMatchObject({ from: 'firing', suppressed: null, sinceMs: MINUTE });
});

test('an episode is named by the instance and where it began, and by nothing else', () => {
  expect(episodeOf('h', 'a', 1n, 1)).toBe(episodeOf('h', 'a', 1n, 1));
  expect(episodeOf('h', 'a', 1n, 1)).toMatch(/^[0-9a-f]{32}$/);
  const others = [episodeOf('i', 'a', 1n, 1), episodeOf('h', 'b', 1n, 1), episodeOf('h', 'a', 2n, 1)];
  const more = [episodeOf('h', 'a', 1n, 2), episodeOf('ha', '', 1n, 1), episodeOf('h', 'a', 1n, 1)];
  expect(new Set([...others, ...more]).size).toBe(6);
});

test.each([
  ['>', false, false, true],
  ['>=', false, true, true],
  ['<', true, false, false],
  ['<=', true, true, false],
  ['==', false, true, false],
  ['!=', true, false, true],
] as const)('value %s 10', (op, below, equal, above) => {
  expect([9.5, 10, 10.5].map((value) => passes({ op, limit: 10, text: '' }, value, 0))).toEqual([below, equal, above]);
});

const rules: fc.Arbitrary<Rule> = fc
  .record({
    forMs: fc.constantFrom(0, 1, MINUTE, 90_000, 5 * MINUTE),
    minSamples: fc.constantFrom(0, 2),
    recover: fc.constantFrom(null, ruleOf().recover),
  })
  .map(ruleOf);
const values = fc.constantFrom(null, 4, 7, 11);
const instances: fc.Arbitrary<AlertInstance> = fc.oneof(
  fc.constant(INACTIVE),
  fc.integer({ min: 0, max: 9 }).map(pendingAt),
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()).map(([minute, told]) => firingAt(minute, told)),
);
const acted = fc.option(fc.integer({ min: 8, max: 14 }).map((minute) => minute * MINUTE));
const windows: fc.Arbitrary<WindowSpec> = fc.constantFrom<WindowSpec>(
  { kind: 'rolling', sizeMs: 4 * MINUTE, everyMs: MINUTE },
  { kind: 'instant', everyMs: MINUTE },
  { kind: 'rolling', sizeMs: 6 * MINUTE, everyMs: 3 * MINUTE },
);
const shows: fc.Arbitrary<Shown> = fc.record({ value: values, samples: fc.constantFrom(0, 5), imported: fc.boolean() });

test('a stretch of windows that show the same is what each of them makes of it', () => {
  fc.assert(
    fc.property(
      rules,
      instances,
      acted,
      windows,
      shows,
      fc.integer({ min: 5, max: 30 }),
      fc.integer({ min: 0, max: 20 }),
      (rule, plain, actedMs, window, shown, liveMinute, length) => {
        const before = { ...plain, actedMs };
        const span = { afterMs: 9 * MINUTE, throughMs: (9 + length) * MINUTE };
        const liveFromMs = liveMinute * MINUTE - 30_000;
        let instance: AlertInstance = before;
        const effects: AlertEffect[] = [];
        for (let endMs = span.afterMs + 1; endMs <= span.throughMs; endMs++) {
          const every = window.kind === 'rolling' || window.kind === 'instant' ? window.everyMs : 1;
          if (endMs % every !== 0) {
            endMs += every - (endMs % every) - 1;
            continue;
          }
          const { value, samples, imported } = shown;
          const quiet = quietOf(endMs, imported, liveFromMs);
          const step = stepAlert(rule, instance, { endMs, value, samples, provisional: false, quiet });
          instance = step.instance;
          if (step.effect !== null) effects.push(step.effect);
        }
        const run = runAlert(rule, before, window, span, shown, liveFromMs);
        expect({ instance: run.instance, effects: run.effects }).toEqual({ instance, effects });
      },
    ),
    { numRuns: 2_000 },
  );
});

test('whatever windows show: effects follow one another, an episode is told once and only then resolved', () => {
  const looks = fc.array(
    fc.record({
      value: values,
      samples: fc.constantFrom(0, 5),
      provisional: fc.boolean(),
      quiet: fc.constantFrom(...QUIETS),
      gap: fc.constantFrom(0, 1, 1, 3),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(rules, looks, (rule, list) => {
      expect(wrongIn(rule, list)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

/** What is wrong with the effects of a list of looks. */
function wrongIn(rule: Rule, list: readonly (Omit<Look, 'endMs'> & { readonly gap: number })[]): string[] {
  const wrong: string[] = [];
  let instance = INACTIVE;
  let endMs = 0;
  let told = false;
  for (const { gap, ...look } of list) {
    endMs += gap * MINUTE;
    const before = instance;
    const { instance: after, effect } = stepAlert(rule, before, { ...look, endMs });
    instance = after;
    if (effect === null) {
      if (after.state !== before.state) wrong.push(`a silent change to ${after.state}`);
      continue;
    }
    if (effect.from !== before.state || effect.to !== after.state) wrong.push(`${effect.from} ${effect.to}`);
    if (effect.sinceMs !== (after.sinceMs ?? before.sinceMs)) wrong.push(`another episode at ${endMs}`);
    if (effect.to === 'firing' && endMs - effect.sinceMs < rule.forMs) wrong.push(`fires early at ${endMs}`);
    if (effect.to === 'firing' && effect.suppressed === null && told) wrong.push(`told twice at ${endMs}`);
    if (effect.from === 'firing' && effect.to === 'inactive' && (effect.suppressed === null) !== told)
      wrong.push(`a resolve at ${endMs}: ${effect.suppressed}`);
    told = effect.to === 'firing' && (told || effect.suppressed === null);
  }
  return wrong;
}
