import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CatalogueReload } from '../../services/cli/compose/catalogue-reload.ts';
import { SeriesLimits } from '../../services/cli/compose/series-limits.ts';
import type { LoadedCatalogue } from '../../services/cli/wiring.ts';
import { versionsOf, withEarlier } from '../../services/shared/core/catalogue/catalogue-versions.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { seriesGroups } from '../../services/shared/core/series/series-groups.ts';
import { loadCatalogues } from '../../services/shared/runtime/catalogue-files.ts';
import { catalogueSignature } from '../../services/shared/runtime/file-signature.ts';
import { temporaryDirectory } from '../support/embedded.ts';

let folder: ReturnType<typeof temporaryDirectory>;
let path: string;
beforeEach(() => {
  folder = temporaryDirectory();
  path = join(folder.path, 'catalogue.yaml');
});
afterEach(() => folder.remove());

function write(activity: string, aggregate = 'count'): void {
  const kpi = `{ workflow: w, measure: { event: ${activity} }, aggregate: ${aggregate}, window: { tumbling: hour } }`;
  writeFileSync(path, `version: 1\nworkflows: { w: { activities: [a, b] } }\nkpis:\n  one: ${kpi}\n`);
}

async function load(): Promise<LoadedCatalogue> {
  return { catalogue: await loadCatalogues([path], { calendarVersion: 'test' }), screens: new Map() };
}

/** What every reload here is given alike. */
function surroundings(loaded: LoadedCatalogue) {
  const files = { paths: [path], signature: '', load };
  const logger = pino({ level: 'silent' });
  return { loaded, files, clock: new ManualClock(1), logger, calendarVersion: 'test' };
}

const hashOf = ({ catalogue }: LoadedCatalogue): string => catalogue.kpis.get('one')!.definition.hash;

test('a changed definition is begun at once and shown when it is computed; errors leave all as it is', async () => {
  write('a');
  const loaded = await load();
  const computed = new Set([hashOf(loaded)]);
  const told: string[] = [];
  const reload = new CatalogueReload({
    ...surroundings(loaded),
    computed: async () => computed,
    begin: async (next, shown) => void told.push(`begin ${next === shown}`),
    show: async (shown) => void told.push(`show ${hashOf(shown)}`),
    onShown: () => told.push('shown'),
  });
  expect(await reload.reload()).toEqual({ changed: false, added: [], removed: [], recomputing: [] });
  expect(told).toEqual([]);

  write('b');
  const next = await load();
  expect(await reload.reload()).toEqual({ changed: true, added: [], removed: [], recomputing: ['one'] });
  expect([told[0], hashOf(reload.shown), reload.report.recomputing]).toEqual(['begin false', hashOf(loaded), ['one']]);

  write('b', 'cuont');
  await expect(reload.reload()).rejects.toMatchObject({ code: 'CATALOGUE_INVALID' });
  expect([reload.report.problem, hashOf(reload.shown)]).toEqual([expect.stringContaining('cuont'), hashOf(loaded)]);

  write('b');
  computed.add(hashOf(next));
  await reload.reload();
  expect([hashOf(reload.shown), reload.report.problem, reload.report.recomputing]).toEqual([hashOf(next), null, []]);
});

test('a catalogue, a folder and the screens beside them have another signature when one of their files has changed', async () => {
  write('a');
  const signatures = [await catalogueSignature([path]), await catalogueSignature([path])];
  expect(signatures[0]).toBe(signatures[1]);
  mkdirSync(join(folder.path, 'screens'));
  writeFileSync(join(folder.path, 'screens', 'one.yaml'), 'a');
  const withScreen = await catalogueSignature([path]);
  writeFileSync(join(folder.path, 'screens', 'one.yaml'), 'ab');
  const changed = await catalogueSignature([path]);
  mkdirSync(join(folder.path, 'plans'));
  writeFileSync(join(folder.path, 'plans', 'one.csv'), 'a');
  const withPlan = await catalogueSignature([path]);
  writeFileSync(join(folder.path, 'beside.csv'), 'a');
  const withPlanBeside = await catalogueSignature([path]);
  const ofFolder = await catalogueSignature([folder.path]);
  const gone = await catalogueSignature([join(folder.path, 'gone.yaml')]);
  expect(new Set([...signatures, withScreen, changed, withPlan, withPlanBeside, ofFolder, gone]).size).toBe(7);
});

test('what is decided of too many label sets is taken in as another catalogue, and told', async () => {
  write('a', 'count, by: [team]');
  const text = readFileSync(path, 'utf8').replace('[a, b]', '[a, b], dimensions: [team]');
  writeFileSync(path, text);
  const written = await load();
  const store = new MemoryStore();
  const metrics = { seriesLimited: () => {} };
  const series = new SeriesLimits({ store, calendarVersion: 'test', logger: pino({ level: 'silent' }), metrics });
  await series.read();
  const loaded = { ...written, catalogue: series.use(written.catalogue) };
  expect(loaded.catalogue).toBe(written.catalogue);
  const begun: string[] = [];
  const around = surroundings(loaded);
  const { clock } = around;
  const reload = new CatalogueReload({
    ...around,
    series,
    computed: async () => new Set([hashOf(written)]),
    begin: async (catalogue) => void begun.push(hashOf({ catalogue, screens: new Map() })),
    show: async () => {},
  });
  const [group] = seriesGroups(written.catalogue);
  const admitted = ['[["team","a"]]'];
  const row = { id: group!.id, kpis: ['one'], seriesMax: 1, labelSets: 3, admitted, version: 5n };
  await store.insert('series_limits', [row]);
  const { recomputing } = await reload.reload();
  expect([recomputing, begun.length, begun[0] === hashOf(written)]).toEqual([['one'], 1, false]);
  expect(reload.report.limited).toEqual([{ kpi: 'one', seriesMax: 1, labelSets: 3 }]);
  // Read by itself too, without the files having changed.
  await store.insert('series_limits', [{ ...row, admitted: [], version: 4n }]);
  const running = reload.run();
  while (begun.length < 2) {
    clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  reload.stop();
  clock.advance(1_000);
  await running;
  expect(new Set([...begun, hashOf(written)]).size).toBe(3);
});

test('a version that is not effective yet is shown when its first window begins', async () => {
  write('a');
  const { catalogue: before } = await load();
  const known = [{ definition: before.kpis.get('one')!.definition, version: 1n }];
  const kpi = `{ workflow: w, measure: { event: b }, aggregate: count, window: { tumbling: hour }, effective: '2026-01-01' }`;
  writeFileSync(path, `version: 1\nworkflows: { w: { activities: [a, b] } }\nkpis:\n  one: ${kpi}\n`);
  const loaded = { ...(await load()), catalogue: withEarlier((await load()).catalogue, known, 'test') };
  const all = versionsOf(loaded.catalogue.kpis.get('one')!).map(({ hash }) => hash);
  const effectiveMs = Date.UTC(2026, 0, 1);
  const clock = new ManualClock(effectiveMs - 1);
  const shown: string[] = [];
  const reload = new CatalogueReload({
    loaded,
    files: null,
    clock,
    logger: pino({ level: 'silent' }),
    calendarVersion: 'test',
    computed: async () => new Set(all),
    show: async (next) => void shown.push(hashOf(next)),
  });
  expect([all.length, hashOf(reload.shown)]).toEqual([2, all[1]]);
  const running = reload.run();
  while (shown.length === 0) {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  reload.stop();
  clock.advance(1_000);
  await running;
  expect([shown, hashOf(reload.shown)]).toEqual([[all[0]], all[0]]);
});
