import { expect, test } from 'vitest';
import { settledBy } from '../../services/cli/commands/settled.ts';
import type { StatusReport } from '../../services/cli/wiring.ts';
import { Script } from './script.ts';
import type { Owner } from './world.ts';

const rowsOf = ({ runner }: Owner): number => runner.tasks.reduce((sum, { backlogRows }) => sum + backlogRows, 0);

test('the end of an import is unstored until its position is stored, and time that passes never is', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  await line.turn(aggregate);
  expect(rowsOf(aggregate)).toBe(0);
  await line.world.toggleImport();
  await line.apply(aggregate);
  expect(rowsOf(aggregate)).toBeGreaterThan(0);
  const goOn = await line.storeUntil(aggregate, 'insert positions');
  expect(rowsOf(aggregate)).toBeGreaterThan(0);
  await goOn();
  expect(rowsOf(aggregate)).toBe(0);
  await line.world.tick(60_000);
  await line.apply(aggregate);
  expect(rowsOf(aggregate)).toBe(0);
});

test('a store that failed leaves its import unstored', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  await line.turn(aggregate);
  await line.world.toggleImport();
  await line.apply(aggregate);
  await line.failDuring(
    aggregate,
    'insert positions',
    () => aggregate.runner.storeChanges(true),
    () => Promise.resolve(),
  );
  expect(rowsOf(aggregate)).toBeGreaterThan(0);
  await line.store(aggregate);
  expect(rowsOf(aggregate)).toBe(0);
});

test('what is computed for all time is unstored until the position of roll says so', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.turn(aggregate);
  // There is no value: nothing else is to be stored.
  await line.apply(roll);
  expect(line.values('work_sum')).toEqual([]);
  expect(rowsOf(roll)).toBeGreaterThan(0);
  const goOn = await line.storeUntil(roll, 'insert positions');
  expect(rowsOf(roll)).toBeGreaterThan(0);
  await goOn();
  expect(rowsOf(roll)).toBe(0);
});

test('who waits for the store does not wait for a position that only time moved', async () => {
  const place = { topic: 'events.w', partition: 0, watermarkMs: null, openImports: [] };
  const task = { ...place, stage: 'aggregate', nextOffset: 5, endOffset: 5, storedOffset: 2 };
  const unstored = [1, 1, 0];
  const status = (): Promise<StatusReport> =>
    Promise.resolve({ tasks: [{ ...task, unstored: unstored.shift() ?? 0 }], failing: [] } as unknown as StatusReport);
  await settledBy(status, () => {});
  // The first answer tells the ends, and two that it waits: for rows, and until there are none.
  expect(unstored).toEqual([]);
});
