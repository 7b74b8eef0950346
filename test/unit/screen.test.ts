import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { byWorst, judge } from '../../services/shared/core/alert/judgement.ts';
import type { Tile } from '../../services/shared/core/screen/screen.ts';
import { defaultScreen } from '../../services/shared/core/screen/screen-default.ts';
import { layoutOf } from '../../services/shared/core/screen/screen-layout.ts';
import { loadCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadScreens, parseScreen } from '../../services/shared/runtime/screen-files.ts';
import { problemLine } from '../../services/shared/runtime/yaml-document.ts';
import { temporaryDirectory } from '../support/embedded.ts';

const catalogue = await loadCatalogue('test/catalogues/wall.yaml', { calendarVersion: 'test' });

function problemsOf(tiles: string): string[] {
  return parseScreen(`version: 1\ntiles:\n${tiles}`, 's.yaml', 's', catalogue).problems.map(problemLine);
}

test('a screen has a title, and tiles with their labels', () => {
  const text = [
    'version: 1',
    'title: { en: Desk, zh-CN: 服务台 }',
    'tiles:',
    '  - hero: first_response_time',
    '  - { number: resolution_time, labels: { team: north } }',
    '  - { table: resolution_time, worst: 3 }',
    '  - alerts: {}',
  ].join('\n');
  expect(parseScreen(text, 's.yaml', 's', catalogue)).toEqual({
    problems: [],
    screen: {
      name: 's',
      generated: false,
      title: { en: 'Desk', 'zh-CN': '服务台' },
      tiles: [
        { kind: 'hero', kpi: 'first_response_time', labels: {} },
        { kind: 'number', kpi: 'resolution_time', labels: { team: 'north' } },
        { kind: 'table', kpi: 'resolution_time', labels: {}, worst: 3 },
        { kind: 'alerts' },
      ],
    },
  });
});

test.each([
  [
    '  - hero: first_respons_time',
    "s.yaml:3:11: unknown KPI 'first_respons_time', did you mean 'first_response_time'?",
  ],
  ['  - { number: resolution_time, labels: { taem: a } }', "s.yaml:3:42: resolution_time has no label 'taem'"],
  ['  - { table: open_tickets }', 's.yaml:3:14: open_tickets has one series'],
  ['  - { table: resolution_time, worst: 9 }', 'worst is 9; allowed: 1 to 5'],
  ['  - { hero: open_tickets, alerts: {} }', 's.yaml:3:5: a tile is hero and alerts; allowed: one of hero, number'],
  ['  - { number: open_tickets, worst: 2 }', 's.yaml:3:29: only a table has worst'],
  ['  - { hreo: open_tickets }', "unknown key 'hreo' in tiles.0, did you mean 'hero'?"],
  ['  - hero: open_tickets\n  - hero: open_tickets', 's.yaml:2:1: two tiles are the hero'],
  [Array.from({ length: 10 }, () => '  - alerts: {}').join('\n'), 's.yaml:2:1: 10 tiles cannot be read across a hall'],
])('%s is refused with its place', (tiles, problem) => {
  expect(problemsOf(tiles).join('\n')).toContain(problem);
});

test('any nine tiles with one hero find room, none over another, none outside', () => {
  const kinds: Tile['kind'][] = ['number', 'table', 'alerts'];
  for (let i = 0; i < 3 ** 8; i++) {
    const tiles = [
      { kind: 'hero' as Tile['kind'] },
      ...Array.from({ length: 8 }, (_, n) => ({ kind: kinds[Math.floor(i / 3 ** n) % 3]! })),
    ];
    const layout = layoutOf(tiles.slice(0, 1 + (i % 9)))!;
    const cells = layout.places.flatMap(({ column, row, width, height }) =>
      Array.from({ length: width * height }, (_, n) => [column + (n % width), row + Math.floor(n / width)]),
    );
    const inside = cells.filter(([column, row]) => column! < layout.columns && row! < layout.rows);
    expect([inside.length, new Set(cells.map(String)).size]).toEqual([cells.length, cells.length]);
  }
});

test('a workflow without a screen gets one: hero, table, alerts, then its other KPIs', () => {
  expect(defaultScreen('helpdesk', catalogue)?.tiles.map((tile) => [tile.kind, 'kpi' in tile ? tile.kpi : ''])).toEqual(
    [
      ['hero', 'first_response_time'],
      ['table', 'resolution_time'],
      ['alerts', ''],
      ['number', 'tickets_opened'],
      ['number', 'open_tickets'],
      ['number', 'reopen_rate'],
      ['number', 'tickets_resolved'],
    ],
  );
  expect(defaultScreen('nothing', catalogue)).toBeNull();
});

test('screens are read beside the catalogue; a workflow that one shows gets no other', async () => {
  const folder = temporaryDirectory();
  try {
    const path = join(folder.path, 'catalogue.yaml');
    expect([...(await loadScreens([path], catalogue)).keys()]).toEqual(['helpdesk']);
    mkdirSync(join(folder.path, 'screens'));
    writeFileSync(join(folder.path, 'screens', 'hall-1.yaml'), 'version: 1\ntiles: [{ hero: open_tickets }]\n');
    expect([...(await loadScreens([path], catalogue)).keys()]).toEqual(['hall-1']);
    writeFileSync(join(folder.path, 'screens', 'hall 2.yaml'), 'version: 1\ntiles: [{ hero: open_ticket }]\n');
    await expect(loadScreens([path], catalogue)).rejects.toMatchObject({
      code: 'SCREEN_INVALID',
      message: expect.stringMatching(
        /hall 2.yaml:1:1: 'hall 2' is no name.*\n.*hall 2.yaml:2:17: unknown KPI/,
      ) as string,
    });
  } finally {
    folder.remove();
  }
});

test('a value is judged by good and bad, not by direction', () => {
  expect([29, 30, 30.01, 33, 33.01, null].map((value) => judge(value, 30, 'lower'))).toEqual([
    'good',
    'good',
    'near',
    'near',
    'bad',
    null,
  ]);
  expect([10, 9, 8.99].map((value) => judge(value, 10, 'higher'))).toEqual(['good', 'near', 'bad']);
  expect(judge(1, 0, 'lower')).toBe('bad');
  expect([judge(1, null, 'lower'), judge(1, 1, null)]).toEqual([null, null]);
  const worstFirst = (better: 'higher' | 'lower' | null) => [2, null, 3, 1].toSorted((a, b) => byWorst(a, b, better));
  expect([worstFirst('higher'), worstFirst('lower'), worstFirst(null)]).toEqual([
    [1, 2, 3, null],
    [3, 2, 1, null],
    [3, 2, 1, null],
  ]);
});
