import { expect, test } from 'vitest';
import { CASE_0, CASE_1, Script } from './script.ts';

const MINUTE = 60_000;

// Ways a checkpoint scheme goes wrong, one scenario each: crashes, zombies and what memory may forget. Each asserts that
// it really got into the state it is about, and ends as the batch recompute says.

test('1. two rows per record: a zombie stores one row above the position, dies, and the next owner folds the rest', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'open', 1);
  const sleeper = await line.own('aggregate');
  await line.turn(sleeper);
  const stored = await line.position('aggregate', 1);
  await line.event(CASE_1, 'work', 2, { value: 3 });
  await line.event(CASE_1, 'close', 3);
  await line.apply(sleeper);
  const next = await line.own('aggregate', { beside: true });
  await line.storeUntil(sleeper, 'insert positions');
  sleeper.gate.dead = true;
  expect(line.storedSlice(1)).toBeGreaterThan(stored);
  expect(await line.position('aggregate', 1)).toBe(stored);
  await line.event(CASE_1, 'work', 4, { value: 5 });
  await line.turn(next);
  expect(await line.end()).toEqual([]);
});

test('2. a skipped record is never published: rows stored above the position go out again when it is replayed', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'open', 1);
  const first = await line.own('aggregate');
  await line.turn(first);
  const position = await line.position('aggregate', 1);
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.apply(first);
  await line.storeUntil(first, 'insert positions');
  expect(line.storedSlice(1)).toBeGreaterThan(position);
  expect(await line.position('aggregate', 1)).toBe(position);
  const second = await line.own('aggregate');
  const before = await line.world.log.endOffset('slices', 1);
  await line.apply(second);
  await line.publish(second);
  const again = (await line.world.messages('slices', 1)).filter(({ offset }) => offset >= before);
  expect(again.map(({ message }) => message.type)).toContain('slice');
  expect(await line.end()).toEqual([]);
});

test('3. a zombie with a higher version is visible early and changes nothing in the end', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'work', 1, { value: 1 });
  const zombie = await line.own('aggregate');
  const live = await line.own('aggregate', { beside: true });
  const roll = await line.own('roll');
  await line.turn(live, roll);
  await line.event(CASE_1, 'work', 1, { value: 2 });
  await line.turn(zombie, roll);
  expect(line.value('cases', 60)?.samples).toBe(1);
  expect(line.values('large')).toEqual([]);
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.turn(live, zombie, roll);
  expect(await line.end()).toEqual([]);
});

test('3. one append at a time: a value never lands after a newer one that its own owner published meanwhile', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.turn(aggregate);
  await line.fold(roll);
  await line.event(CASE_1, 'work', 1, { value: 21 });
  await line.turn(aggregate);
  // A store hands out the first value; while it is on its way, the next one is folded and published.
  await line.newestFirst(
    roll,
    () => roll.runner.storeChanges(true),
    async () => {
      await roll.runner.step();
      await roll.runner.publish();
    },
  );
  const published = (await line.world.messages('values', 1)).flatMap(({ message }) =>
    message.type === 'value' && message.kpi === 'large' ? [message.value] : [],
  );
  expect(published).toEqual([1, 2]);
  expect(await line.end()).toEqual([]);
});

test('4. the position is a row of the store: a zombie’s lower one never takes it back', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'open', 1);
  const zombie = await line.own('aggregate');
  await line.apply(zombie);
  const goOn = await line.storeUntil(zombie, 'insert positions');
  const live = await line.own('aggregate', { beside: true });
  await line.event(CASE_1, 'close', 2);
  await line.turn(live);
  const position = await line.position('aggregate', 1);
  await goOn();
  expect(await line.position('aggregate', 1)).toBe(position);
  expect(await line.end()).toEqual([]);
});

test('5. the second stage: a value is stored, its position is not, and its slices are ahead of the replay', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'work', 1, { value: 20 });
  const aggregate = await line.own('aggregate');
  const first = await line.own('roll');
  await line.turn(aggregate, first);
  const position = await line.position('roll', 1);
  await line.event(CASE_1, 'work', 1, { value: 21 });
  await line.turn(aggregate);
  await line.apply(first);
  await line.storeUntil(first, 'insert positions');
  expect(line.values('large').map(({ value }) => value)).toEqual([2]);
  expect(await line.position('roll', 1)).toBe(position);
  await line.event(CASE_1, 'work', 1, { value: 22 });
  await line.turn(aggregate);
  line.readAtMost(2);
  const second = await line.own('roll');
  await line.apply(second);
  await line.store(second);
  expect(line.values('large').map(({ value }) => value)).toEqual([3]);
  expect(await line.end()).toEqual([]);
});

test('5. equal content is written again where a zombie may have published other content under a higher version', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const zombie = await line.own('roll');
  const live = await line.own('roll', { beside: true });
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.turn(aggregate);
  await line.apply(zombie);
  const firstEnd = await line.world.log.endOffset('slices', 1);
  await line.event(CASE_0, 'work', 1, { value: 21 });
  await line.apply(aggregate);
  await line.publish(aggregate);
  await line.apply(zombie);
  await line.event(CASE_1, 'work', 1, { value: 22 });
  await line.turn(aggregate);
  // The live owner reads up to the first event, and loads slices that already hold all three.
  line.readAtMost(firstEnd);
  await line.step(live);
  const versions = (await line.world.messages('values', 1)).flatMap(({ message }) =>
    message.type === 'value' && message.kpi === 'large' ? [{ value: message.value, version: message.version }] : [],
  );
  expect(versions.map(({ value }) => value)).toEqual([1, 2, 3]);
  expect(versions[2]!.version).toBeLessThan(versions[1]!.version);
  zombie.gate.dead = true;
  line.readAtMost(Infinity);
  expect(await line.end()).toEqual([]);
});

test('6. publishing before storing: the position stays below a snapshot whose source dies with it unstored', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'work', 1, { value: 20 });
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.turn(aggregate, roll);
  await line.event(CASE_1, 'work', 1, { value: 21 });
  await line.apply(aggregate);
  await line.publish(aggregate);
  const firstUnstored = (await line.world.messages('slices', 1)).findLast(({ message }) => message.type === 'slice')!;
  await line.turn(roll);
  expect(line.values('large').map(({ value }) => value)).toEqual([2]);
  expect(await line.position('roll', 1)).toBeLessThan(firstUnstored.offset);
  await line.own('aggregate');
  const again = await line.own('roll');
  await line.apply(again);
  expect(await line.end()).toEqual([]);
});

test('7. a merged slice reloaded for late data: a series leaves memory only when its source has stored all of it', async () => {
  const line = await Script.open({ tight: true });
  await line.event(CASE_1, 'work', 1, { value: 20 });
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.apply(aggregate);
  await line.publish(aggregate);
  await line.turn(roll);
  // A mark without snapshots: nothing of the series waits in roll, it could leave.
  await line.world.tick(120_000);
  await line.apply(aggregate);
  await line.publish(aggregate);
  await line.turn(roll);
  await line.event(CASE_0, 'work', 1, { value: 21, team: 'team 0' });
  await line.apply(aggregate);
  await line.publish(aggregate);
  await line.turn(roll);
  expect(line.values('large').map(({ value }) => value)).toEqual([2]);
  expect(await line.end()).toEqual([]);
});

test('8. a final value is not missed after a restore: the watermark crosses the window’s end again', async () => {
  const line = await Script.open();
  await line.event(CASE_1, 'work', 1, { value: 1 });
  const aggregate = await line.own('aggregate');
  const first = await line.own('roll');
  await line.turn(aggregate, first);
  expect(line.value('work_mean', 15)?.state).toBe('provisional');
  await line.world.tick(90 * 60_000);
  await line.turn(aggregate);
  await line.apply(first);
  const second = await line.own('roll');
  await line.turn(second);
  expect(line.value('work_mean', 15)?.state).toBe('final');
  // After one more restore only one source speaks: the position tells what the other one had said.
  await line.store(aggregate);
  await line.turn(second);
  const third = await line.own('roll');
  await line.event(CASE_1, 'work', 1, { value: 3 });
  await line.turn(aggregate, third);
  expect(line.value('work_mean', 15)).toMatchObject({ state: 'final', value: 2, revision: 1 });
  expect(await line.end()).toEqual([]);
});

test('9. evicted while in flight: a row that changes during its insert stays until the change is stored', async () => {
  const line = await Script.open({ tight: true });
  const aggregate = await line.own('aggregate');
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await line.event(CASE_1, 'work', 2, { value: 21, team: 'team 1' });
  await line.apply(aggregate);
  const goOn = await line.storeUntil(aggregate, 'insert slices');
  await line.event(CASE_1, 'work', 1, { value: 22 });
  await line.apply(aggregate);
  await goOn();
  await line.event(CASE_1, 'work', 1, { value: 23 });
  await line.apply(aggregate);
  expect(await line.end()).toEqual([]);
});

test('27. marks go to every partition that waits for one, touched since the last store or not', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'work', 1, { value: 20, team: 'team 0' });
  await line.turn(aggregate, roll);
  await line.publish(aggregate);
  await line.turn(roll);
  for (const partition of [0, 1]) {
    const end = await line.world.log.endOffset('slices', partition);
    expect(await line.position('roll', partition)).toBe(end - 1);
  }
  expect(await line.end()).toEqual([]);
});

test('27. a mark that failed to go out gives way to a newer one that was read meanwhile', async () => {
  const line = await Script.open();
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.world.tick(MINUTE);
  await line.turn(aggregate);
  await line.fold(roll);
  await line.world.tick(MINUTE);
  await line.turn(aggregate);
  await line.failDuring(
    roll,
    'append',
    () => roll.runner.publish(),
    () => line.fold(roll),
  );
  await line.publish(roll);
  const read = (await line.marksIn('slices', 1)).at(-1)!.watermarkMs;
  expect((await line.marksIn('values', 1)).map(({ watermarkMs }) => watermarkMs)).toEqual([read]);
  expect(await line.end()).toEqual([]);
});

test('27. a zombie’s older mark does not stand in for the newer one that was read with it', async () => {
  const line = await Script.open();
  const zombie = await line.own('aggregate');
  const live = await line.own('aggregate', { beside: true });
  const roll = await line.own('roll');
  await line.world.tick(MINUTE);
  await line.apply(zombie);
  await line.world.tick(MINUTE);
  await line.apply(live);
  await line.publish(live);
  await line.publish(zombie);
  const [newer, older] = (await line.marks(1)).map(({ watermarkMs }) => watermarkMs);
  expect(older).toBeLessThan(newer!);
  await line.apply(roll);
  expect((await line.marksIn('values', 1)).map(({ watermarkMs }) => watermarkMs)).toEqual([newer]);
  expect(await line.end()).toEqual([]);
});
