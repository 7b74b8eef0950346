import { expect, test } from 'vitest';
import type {
  KpiFace,
  PipelineState,
  ScreenFrame,
  ShownValue,
  SnapshotMessage,
  TileFrame,
} from '../../services/shared/core/screen/wall-message.ts';
import { labelText } from '../../services/wallboard/web/label-text.ts';
import { fitTo, heroSize, roomOf, widthOf } from '../../services/wallboard/web/fit.ts';
import { formatAge, formatJudged, formatTarget, formatTime, formatValue } from '../../services/wallboard/web/format.ts';
import { ageOf, moodOf } from '../../services/wallboard/web/freshness.ts';
import { chooseLanguage } from '../../services/wallboard/web/language.ts';
import { EventParser } from '../../services/wallboard/web/event-parser.ts';
import { numberWords } from '../../services/wallboard/web/tile-words.ts';
import { nowOf, stepWall, WALL_START } from '../../services/wallboard/web/wall-state.ts';

const face: KpiFace = {
  kpi: 'k',
  workflow: 'w',
  name: { en: 'K' },
  unit: 'min',
  percent: false,
  fixed: true,
  better: 'lower',
  target: 30,
  baseline: null,
  window: { kind: 'rolling', sizeMs: 3_600_000, everyMs: 60_000 },
};
const frame: TileFrame = {
  kind: 'number',
  place: { column: 0, row: 0, width: 1, height: 1 },
  face,
  labels: {},
  worst: 0,
  openLabels: [],
};
const screen: ScreenFrame = {
  name: 's',
  title: { en: 'S' },
  timezone: 'UTC',
  columns: 1,
  rows: 1,
  tiles: [frame],
  workflows: [{ name: 'w', expectedAgeMs: 50_000 }],
};
const shown: ShownValue = {
  labels: {},
  value: 1,
  samples: 1,
  state: 'final',
  windowStartMs: 0,
  windowEndMs: 1_000_000,
  changedMs: null,
  judgement: 'good',
  target: null,
  planned: null,
};

test.each([
  [27.43, {}, '27.4'],
  [27, {}, '27.0'],
  [2.7, {}, '2.70'],
  [1234.5, {}, '1,235'],
  [27, { fixed: false }, '27'],
  [0.9351, { percent: true }, '93.5'],
  [1_234_567, {}, '1.23M'],
  [-0.5, {}, '-0.50'],
  [null, {}, '–'],
] as const)('%s is shown as %s', (value, changes, text) => {
  expect(formatValue(value, { ...face, ...changes }, 'en')).toBe(text);
});

test('a value that missed its target never reads like the target', () => {
  expect(formatJudged(30.04, face, 'near', 'en')).toBe('30.04');
  expect(formatJudged(31.04, face, 'near', 'en')).toBe('31.0');
  expect(formatJudged(30, face, 'good', 'en')).toBe('30.0');
  expect(formatTarget(0.05, { ...face, percent: true }, 'en')).toBe('≤ 5%');
  expect(formatTarget(12, { ...face, better: 'higher' }, 'en')).toBe('≥ 12');
});

test('ages and times are short, in both languages', () => {
  expect([0, 59_999, 60_000, 3_600_000, 86_400_000, 172_800_000, -5].map((ms) => formatAge(ms, 'en'))).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '24 h',
    '2 d',
    '0 s',
  ]);
  expect(formatAge(61_000, 'zh-CN')).toBe('1 分钟');
  const atMs = Date.parse('2026-03-01T16:05:00Z');
  expect(formatTime(atMs, atMs, 'Asia/Shanghai', 'en')).toBe('00:05');
  expect(formatTime(atMs, atMs + 86_400_000, 'Asia/Shanghai', 'en')).toBe('2 Mar, 00:05');
});

test('the language is what the address says, else the first of the browser that there is', () => {
  expect(chooseLanguage('?lang=zh-CN', ['en'])).toBe('zh-CN');
  expect(chooseLanguage('?lang=fr', ['de', 'zh-TW', 'en'])).toBe('zh-CN');
  expect(chooseLanguage('', ['de', 'fr'])).toBe('en');
});

test('a value is as old as what is known to be complete; a change counts as new only where the work keeps up', () => {
  const at = (completeMs: number | null, changedMs: number | null) =>
    ageOf({ completeMs, changedMs, expectedAgeMs: 50_000 }, 1_000_000);
  expect(at(970_000, 999_000)).toEqual({ ms: 1_000, level: 'fresh' });
  expect(at(970_000, null)).toEqual({ ms: 30_000, level: 'fresh' });
  expect(at(940_000, 999_999)).toEqual({ ms: 60_000, level: 'late' });
  expect(at(899_999, 999_999)).toEqual({ ms: 100_001, level: 'stale' });
  expect(at(null, 999_999)).toEqual({ ms: null, level: 'stale' });
});

function completeTo(completeMs: number | null): PipelineState {
  return { state: 'running', reasons: [], workflows: { w: { completeMs, lagRecords: 0 } } };
}

const day = { kind: 'tumbling', unit: 'day', zone: 'UTC' } as const;

test.each([
  ['final', {}, {}, 980_000],
  ['provisional', { state: 'provisional' }, {}, 980_000],
  ['filling', { state: 'backfilling' }, {}, 980_000],
  ['quiet', { samples: 0, value: 0 }, {}, 980_000],
  ['quiet', { value: null }, {}, 980_000],
  ['late', {}, {}, 940_000],
  ['stale', {}, {}, 800_000],
  ['stale', { state: 'backfilling' }, {}, 800_000],
  ['stale', {}, {}, null],
  ['none', null, {}, 980_000],
  ['stale', null, {}, 800_000],
  ['ended', { windowEndMs: 980_000 }, { window: day }, 980_000],
  ['provisional', { windowEndMs: 980_001, state: 'provisional' }, { window: day }, 980_000],
  ['final', { windowEndMs: 900_000 }, {}, 980_000],
] as const)('%s: value %j of %j, complete up to %s', (mood, changes, faceChanges, completeMs) => {
  const value = changes === null ? null : { ...shown, ...changes };
  const tile = { ...frame, face: { ...face, ...faceChanges } };
  expect(moodOf(tile, value, screen, completeTo(completeMs), 1_000_000).mood).toBe(mood);
});

test.each([
  ['hour', '2026-03-01T11:00Z', '2026-03-01T12:00Z', '11:00–12:00'],
  ['hour', '2026-03-01T23:00Z', '2026-03-02T00:00Z', '23:00–00:00'],
  ['day', '2026-03-02T00:00Z', '2026-03-03T00:00Z', '2 Mar'],
  ['week', '2026-03-02T00:00Z', '2026-03-09T00:00Z', '2–8 Mar'],
  ['month', '2026-03-01T00:00Z', '2026-04-01T00:00Z', 'Mar 2026'],
  ['quarter', '2026-01-01T00:00Z', '2026-04-01T00:00Z', 'Jan–Mar 2026'],
  ['year', '2026-01-01T00:00Z', '2027-01-01T00:00Z', '2026'],
] as const)(
  'a %s from %s that is over has no number of now, and says which it was and what it came to',
  (unit, from, to, text) => {
    const windowEndMs = Date.parse(to);
    const over = { ...shown, value: 10, windowStartMs: Date.parse(from), windowEndMs };
    const tile = { ...frame, face: { ...face, fixed: false, window: { ...day, unit } } };
    const scope = { screen, pipeline: completeTo(windowEndMs), nowMs: windowEndMs, language: 'en' } as const;
    const { number, window, mood } = numberWords(tile, over, scope);
    expect({ number, mood, window: window.replaceAll(/\s*[–-]\s*/gu, '–') }).toEqual({
      number: '–',
      mood: 'ended',
      window: `${text}: 10`,
    });
  },
);

test('a shift is told by its name while it runs and when it is over, in both languages', () => {
  const shift = { name: 'night', date: '2026-11-27' };
  const hours = { calendar: 'line', zone: 'UTC', week: [], closed: [], makeUp: [], special: [] };
  const tile = { ...frame, face: { ...face, fixed: false, window: { kind: 'shift', hours } as const } };
  const said = (windowEndMs: number, language: 'en' | 'zh-CN') => {
    const value = { ...shown, value: 10, windowEndMs, shift, state: 'provisional' as const };
    const scope = { screen, pipeline: completeTo(980_000), nowMs: 1_000_000, language };
    const { window, mood } = numberWords(tile, value, scope);
    return [mood, window];
  };
  expect(said(990_000, 'en')).toEqual(['provisional', 'night, 27 Nov']);
  expect(said(980_000, 'en')).toEqual(['ended', 'night, 27 Nov: 10']);
  expect(said(990_000, 'zh-CN')).toEqual(['provisional', '11月27日 night']);
  const none = numberWords(tile, null, { screen, pipeline: completeTo(980_000), nowMs: 1_000_000, language: 'en' });
  expect(none.window).toBe('this shift');
});

test.each([
  ['51.3', ['min', '≤ 30', 'last 1 h', 'so far'], 26],
  ['150,950', ['€', '≥ 160,000', '今日', '截至目前'], 17],
  ['1,150,950', ['€', '≥ 160,000', '今日', '截至目前'], 12],
] as const)('a hero that shows %s leaves room for what stands beside it', (number, side, sizeMax) => {
  const size = heroSize({ number, percent: false }, side, { width: 2, height: 2 }, 4);
  expect(size).toBeLessThanOrEqual(sizeMax);
  const besideIt = Math.max(...side.map(widthOf)) * 5.4;
  expect(widthOf(number) * size + besideIt).toBeLessThan(roomOf({ width: 2 }, 4));
});

test('where the browser has but a wider font, a hero is smaller; a narrower one changes nothing', () => {
  const size = (): number =>
    heroSize({ number: '47.4', percent: false }, ['min', '≤ 30', 'last 4 h'], { width: 2, height: 2 }, 4);
  const usual = size();
  fitTo((text) => text.length * 0.4);
  expect(size()).toBe(usual);
  // As DejaVu Sans, bold.
  fitTo((text) => text.length * 0.7);
  const wider = size();
  fitTo(() => 0);
  expect(wider).toBeLessThan(usual);
  expect(size()).toBe(usual);
});

test('events are taken apart wherever the pieces of the stream are cut', () => {
  const text = 'event: a\ndata: {"x":"1\\n\\n2"}\n\nevent: b\ndata: 2\n\n: comment\n\nevent: c\ndata: 3';
  for (let cut = 0; cut <= text.length; cut++) {
    const seen: string[] = [];
    const parser = new EventParser((name, data) => seen.push(`${name}=${data}`));
    parser.push(text.slice(0, cut));
    parser.push(text.slice(cut));
    expect(seen).toEqual(['a={"x":"1\\n\\n2"}', 'b=2']);
    parser.push('\n\n');
    expect(seen.length).toBe(3);
  }
});

const pipeline = { state: 'running', reasons: [], workflows: {} } as const;
const snapshot: SnapshotMessage = {
  build: 'b',
  nowMs: 1_000,
  screen,
  tiles: [{ kind: 'number', shown, points: [], series: 1 }],
  pipeline,
};

test('values are kept through a loss, which has the time of the last sound; a snapshot ends it', () => {
  let state = stepWall(WALL_START, { event: 'snapshot', data: snapshot }, 50);
  const tile = { kind: 'number', shown: { ...shown, value: 2 }, points: [], series: 1 } as const;
  state = stepWall(state, { event: 'tiles', data: { tiles: { 0: tile } } }, 60);
  state = stepWall(state, { event: 'lost' }, 900);
  expect(state).toMatchObject({ connection: 'lost', lostSinceMs: 1_010, screen: { tiles: [tile] } });
  expect(nowOf(state, 1_050)).toBe(2_000);
  state = stepWall(state, { event: 'lost' }, 5_000);
  expect(state.lostSinceMs).toBe(1_010);
  state = stepWall(state, { event: 'refused', status: 401, message: 'no' }, 6_000);
  expect(state).toMatchObject({ connection: 'refused', lostSinceMs: 1_010, refusal: { status: 401 } });
  state = stepWall(state, { event: 'snapshot', data: { ...snapshot, nowMs: 9_000 } }, 7_000);
  expect(state).toMatchObject({ connection: 'open', lostSinceMs: null, refusal: null, offsetMs: 2_000 });
});

test('a beat brings the time and how the work goes, and no value', () => {
  const before = stepWall(WALL_START, { event: 'snapshot', data: snapshot }, 50);
  const halted = { ...pipeline, state: 'halted' } as const;
  const after = stepWall(before, { event: 'beat', data: { build: 'c', nowMs: 3_000, pipeline: halted } }, 60);
  expect(after).toMatchObject({ offsetMs: 2_940, screen: { build: 'c', pipeline: halted, tiles: snapshot.tiles } });
  expect(stepWall(WALL_START, { event: 'beat', data: { build: 'c', nowMs: 1, pipeline } }, 0).screen).toBeNull();
});

test.each([
  ['en', 'being recomputed 43%'],
  ['zh-CN', '重新计算中 43%'],
] as const)('a KPI whose new definition is being computed says how far that is (%s)', (language, text) => {
  const scope = { screen, pipeline: completeTo(1_000_000), nowMs: 1_000_000, language };
  const words = numberWords(frame, shown, { ...scope, pipeline: { ...scope.pipeline, recomputing: { k: 0.437 } } });
  expect([words.age, words.number]).toEqual([text, numberWords(frame, shown, scope).number]);
  const other = numberWords(frame, shown, { ...scope, pipeline: { ...scope.pipeline, recomputing: { other: 0.4 } } });
  expect(other.age).toBe(numberWords(frame, shown, scope).age);
});

test('what a KPI counts together beyond its limit is one word in the language of the reader', () => {
  expect(labelText(['__other__', '__other__'], 'en')).toBe('other');
  expect(labelText(['__other__'], 'zh-CN')).toBe('其他');
  expect([labelText(['north', '__other__'], 'en'), labelText([], 'en')]).toEqual(['north · __other__', '']);
});
