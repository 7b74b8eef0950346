import { expect, test } from 'vitest';
import { DefinitionBook } from '../../services/processor/definition-book.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

function catalogueOf(kpis: string, activities = '[a, b]'): Catalogue {
  const text = `version: 1\nworkflows: { w: { activities: ${activities} } }\nkpis:\n${kpis}`;
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  if (catalogue === null) throw new Error(JSON.stringify(problems));
  return catalogue;
}

const count = (name: string, activity: string): string =>
  `  ${name}: { workflow: w, measure: { event: ${activity} }, aggregate: count, window: { tumbling: hour } }\n`;
const before = catalogueOf(`${count('one', 'a')}${count('two', 'b')}  share: { formula: one / two }\n`);
const next = catalogueOf(`${count('one', 'any')}${count('two', 'b')}  share: { formula: one / two }\n`);
const hashOf = (catalogue: Catalogue, kpi: string): string => catalogue.kpis.get(kpi)!.definition.hash;

async function activeOf(store: MemoryStore): Promise<string[]> {
  return (await store.definitions()).flatMap(({ hash, active }) => (active ? [hash] : [])).sort();
}

test('a definition that changed goes on beside the new one, with what is computed from it, until all is computed', async () => {
  const [store, clock] = [new MemoryStore(), new ManualClock(1)];
  const book = await DefinitionBook.open(store, before, clock);
  const inForce = book.wanted('w', []);
  expect(inForce).toEqual([hashOf(before, 'one'), hashOf(before, 'two')]);
  clock.advance(1);
  await book.use(next, before);
  expect(book.wanted('w', inForce)).toEqual([hashOf(next, 'one'), hashOf(next, 'two'), hashOf(before, 'one')]);
  // Where it is not in force it does not begin anew.
  expect(book.wanted('w', [])).toEqual([hashOf(next, 'one'), hashOf(next, 'two')]);
  const kept = ['one', 'share'].map((kpi) => hashOf(before, kpi));
  expect(await activeOf(store)).toEqual([...book.hashes, ...kept].sort());
  clock.advance(1);
  expect([await book.retire(), await book.retire()]).toEqual([true, false]);
  expect(book.wanted('w', inForce)).toEqual([hashOf(next, 'one'), hashOf(next, 'two')]);
  expect(await activeOf(store)).toEqual([...book.hashes].sort());
  expect(book.of(hashOf(before, 'one'))?.kpi).toBe('one');
});

test('what was removed, and what another order of activities would count otherwise, ends at once', async () => {
  const [store, clock] = [new MemoryStore(), new ManualClock(1)];
  const book = await DefinitionBook.open(store, before, clock);
  const inForce = book.wanted('w', []);
  clock.advance(1);
  const less = catalogueOf(count('two', 'b'));
  await book.use(less, before);
  expect(book.wanted('w', inForce)).toEqual([hashOf(less, 'two')]);
  clock.advance(1);
  const other = catalogueOf(count('two', 'b'), '[b, a]');
  await book.use(other, before);
  expect(book.wanted('w', inForce)).toEqual([hashOf(other, 'two')]);
});
