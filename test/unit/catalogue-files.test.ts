import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Measure } from '../../services/shared/core/definition.ts';
import { loadCatalogues } from '../../services/shared/runtime/catalogue-files.ts';
import { loadScreens } from '../../services/shared/runtime/screen-files.ts';
import { temporaryDirectory } from '../support/embedded.ts';

const options = { calendarVersion: 'test' };
const DESK = `version: 1
timezone: Europe/Berlin
workflows: { desk: { activities: [opened, closed] } }
channels: { shout: { log: {} } }
kpis:
  per_day: { workflow: desk, measure: { event: opened }, aggregate: count, window: { tumbling: day } }
`;
const SHOP = `version: 1
timezone: Asia/Shanghai
workflows: { shop: { activities: [sold] } }
kpis:
  sales: { workflow: shop, measure: { event: sold }, aggregate: count, window: { tumbling: day } }
`;
/** KPIs on a workflow, and a rule on a channel, of another file. */
const MINE = `version: 1
kpis:
  closed:
    workflow: desk
    measure: { event: closed }
    aggregate: count
    window: { rolling: 1h, every: 1m }
    alerts: [{ name: few, when: value < 3, notify: [shout] }]
`;

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function refusal(...paths: readonly string[]): Promise<string> {
  const error = await loadCatalogues(paths, options).then(
    () => null,
    (reason: unknown) => reason as { code: string; message: string },
  );
  return `${error?.code} ${error?.message}`.replaceAll(`${folder.path}/`, '');
}

test('files become one catalogue: each keeps its time zone, and may be about the workflows and channels of another', async () => {
  const paths = [file('mine.yaml', MINE), file('desk.yaml', DESK), file('shop.yaml', SHOP)];
  const catalogue = await loadCatalogues(paths, options);
  expect([...catalogue.workflows.keys()]).toEqual(['desk', 'shop']);
  expect([...catalogue.kpis.keys()]).toEqual(['closed', 'per_day', 'sales']);
  const zone = (kpi: string): unknown => catalogue.kpis.get(kpi)!.definition.window;
  expect(zone('per_day')).toMatchObject({ zone: 'Europe/Berlin' });
  expect(zone('sales')).toMatchObject({ zone: 'Asia/Shanghai' });
  expect([...catalogue.rules.keys(), ...catalogue.channels.keys()]).toEqual(['few', 'shout']);
});

test('a calendar of one file counts the durations of another, with the holidays of its country', async () => {
  const office = file('office.yaml', 'version: 1\ntimezone: Asia/Shanghai\ncalendars: { office: { holidays: CN } }\n');
  const measure = '{ duration: { from: opened, to: closed, calendar: office } }';
  const text = MINE.replace('{ event: closed }', measure).replace('count', 'mean');
  const { kpis, calendars } = await loadCatalogues([file('mine.yaml', text), office, file('desk.yaml', DESK)], options);
  expect([...calendars.keys()]).toEqual(['office']);
  const { hours } = kpis.get('closed')!.definition.measure as Extract<Measure, { kind: 'duration' }>;
  expect(hours).toEqual(calendars.get('office')!.hours);
  expect(hours).toMatchObject({ zone: 'Asia/Shanghai', closed: expect.arrayContaining(['2026-02-17']) });
  const again = await refusal(office, file('again.yaml', 'version: 1\ncalendars: { office: {} }\n'));
  expect(again).toContain("again.yaml:2:14: the calendar 'office' stands in office.yaml:3:14 too; keep one of them");
});

test('the definitions are those of the files alone: nothing is computed again because another file is beside', async () => {
  const desk = file('desk.yaml', DESK);
  const alone = (await loadCatalogues([desk], options)).kpis.get('per_day')!.definition.hash;
  const together = await loadCatalogues([file('shop.yaml', SHOP), desk], options);
  expect(together.kpis.get('per_day')!.definition.hash).toBe(alone);
});

test('a folder stands for its YAML files, in the order of their names', async () => {
  file('all/b.yaml', DESK);
  file('all/a.yml', SHOP);
  file('all/notes.txt', 'not YAML: [');
  const catalogue = await loadCatalogues([join(folder.path, 'all')], options);
  expect([...catalogue.workflows.keys()]).toEqual(['shop', 'desk']);
  mkdirSync(join(folder.path, 'none'));
  expect(await refusal(join(folder.path, 'none'))).toMatch(/^FILE_UNREADABLE The folder none has no catalogue/);
});

test('a name that stands in two files is refused with both places', async () => {
  const again = MINE.replace('closed:', 'per_day:').replace('kpis:', 'channels: { shout: { log: {} } }\nkpis:');
  const third = MINE.replace('closed:', 'other:');
  const said = await refusal(file('desk.yaml', DESK), file('again.yaml', again), file('third.yaml', third));
  expect(said).toContain("again.yaml:2:13: the channel 'shout' stands in desk.yaml:4:13 too; keep one of them");
  expect(said).toContain("again.yaml:4:3: the KPI 'per_day' stands in desk.yaml:6:3 too; keep one of them");
  expect(said).toContain("third.yaml:8:22: the rule 'few' stands in again.yaml:9:22 too; keep one of them");
  const twice = await refusal(file('desk.yaml', DESK), file('two.yaml', DESK));
  expect(twice).toContain("two.yaml:3:14: the workflow 'desk' stands in desk.yaml:3:14 too; keep one of them");
});

test('problems of all files are told together, and a catalogue without any workflow is none', async () => {
  const said = await refusal(
    file('a.yaml', DESK.replace('count', 'cuont')),
    file('b.yaml', MINE.replace('workflow: desk', 'workflow: dsek')),
  );
  expect(said).toMatch(/a\.yaml:6:\d+: unknown aggregate 'cuont'/);
  expect(said).toMatch(/b\.yaml:4:\d+: unknown workflow 'dsek', did you mean 'desk'/);
  expect(await refusal(file('c.yaml', 'version: 1\n'))).toMatch(/^CATALOGUE_INVALID c\.yaml: there is no workflow/);
});

test('screens are those beside each file and each folder; one name in two folders is refused', async () => {
  const screen = 'version: 1\ntiles: [{ number: per_day }]\n';
  file('data/catalogue/desk.yaml', DESK);
  file('data/screens/wall.yaml', screen);
  file('mine/screens/door.yaml', screen.replace('per_day', 'closed'));
  const paths = [join(folder.path, 'data', 'catalogue'), file('mine/mine.yaml', MINE)];
  const catalogue = await loadCatalogues(paths, options);
  expect([...(await loadScreens(paths, catalogue)).keys()].sort()).toEqual(['door', 'wall']);
  file('mine/screens/wall.yaml', screen);
  await expect(loadScreens(paths, catalogue)).rejects.toMatchObject({
    code: 'SCREEN_INVALID',
    message: expect.stringMatching(
      /mine\/screens\/wall\.yaml:1:1: the screen 'wall' is in .*data\/screens\/wall\.yaml too/,
    ),
  });
});
