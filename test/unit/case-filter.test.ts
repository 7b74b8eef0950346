import { expect, test } from 'vitest';
import { CaseFilter } from '../../services/processor/aggregate/case-filter.ts';

test('every added case may be there: a forgotten one would be folded as new', () => {
  const filter = new CaseFilter();
  const ids = Array.from({ length: 120_000 }, (_, i) => `case ${i * 7}`);
  for (const id of ids) filter.add(id);
  expect(ids.filter((id) => !filter.mayHave(id))).toEqual([]);
});

test('few cases that were never added are asked for', () => {
  const filter = new CaseFilter();
  for (let i = 0; i < 50_000; i++) filter.add(`case ${i}`);
  const asked = Array.from({ length: 50_000 }, (_, i) => `other ${i}`).filter((id) => filter.mayHave(id));
  expect(asked.length).toBeLessThan(1_000);
});
