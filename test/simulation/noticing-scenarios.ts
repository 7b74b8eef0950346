import { LAST_KEPT_MAX } from '../../services/shared/core/aggregate/last.ts';
import { LEVEL_TOTAL_MS } from '../../services/shared/core/definition.ts';
import { CASE_0, CASE_1, Script } from './script.ts';
import { definitions, type Owner } from './world.ts';

const MINUTE = 60_000;

/** A schedule that goes right only with a guard; gives what is wrong in the end. */
type Scenario = () => Promise<readonly string[]>;

/** Both stages, and events of the first minutes in values that are final. */
async function longAgo(
  line: Script,
  ...events: (() => Promise<unknown>)[]
): Promise<Record<'aggregate' | 'roll', Owner>> {
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  for (const event of events) await event();
  await line.turn(aggregate, roll);
  await line.world.tick(90 * MINUTE);
  await line.turn(aggregate, roll, aggregate, roll);
  return { aggregate, roll };
}

/** Publishes what it read, and then that it is stored. */
async function publishAndStore(line: Script, aggregate: Owner): Promise<void> {
  await line.turn(aggregate);
  await line.publish(aggregate);
}

async function publishOnly(line: Script, aggregate: Owner): Promise<void> {
  await line.apply(aggregate);
  await line.publish(aggregate);
}

/** One event came through to roll, and its source has stored nothing; memory holds as little as possible. */
async function publishedOnly(): Promise<{ readonly line: Script } & Record<'aggregate' | 'roll', Owner>> {
  const line = await Script.open({ tight: true });
  const aggregate = await line.own('aggregate');
  const roll = await line.own('roll');
  await line.event(CASE_1, 'work', 1, { value: 20 });
  await publishOnly(line, aggregate);
  await line.turn(roll);
  return { line, aggregate, roll };
}

const kpiOf = (hash: string): string | undefined => definitions.get(hash)?.kpi;

/**
 * What notices that a guard is gone, where it takes more at once than the dice of schedules give: by rule and name of the
 * guard.
 */
export const NOTICING_SCENARIOS: Readonly<Record<string, Scenario>> = {
  // A stage crashes between a snapshot of what is long final and its mark.
  '4.5 the position stays below snapshots that no mark has ended': async () => {
    const line = await Script.open();
    const { aggregate, roll } = await longAgo(line, () => line.event(CASE_1, 'work', 1, { value: 20 }));
    await line.event(CASE_1, 'work', 1, { value: 21 });
    await line.turn(aggregate);
    line.readAtMost(1);
    await line.step(roll);
    await line.store(roll);
    await line.own('roll');
    line.readAtMost(Infinity);
    return line.end();
  },
  // A series leaves memory, and another source's late event brings it in again, while the store lacks a part of it.
  '4.5 series are read again only below what their source has stored': async () => {
    const { line, aggregate, roll } = await publishedOnly();
    await line.world.tick(2 * MINUTE);
    await publishOnly(line, aggregate);
    await line.turn(roll);
    await line.event(CASE_0, 'work', 1, { value: 21, team: 'team 0' });
    await publishOnly(line, aggregate);
    await line.turn(roll);
    return line.end();
  },
  // The same for slices before the windows that are not final.
  '4.8 a series forgets only slices that the store has': async () => {
    const { line, aggregate, roll } = await publishedOnly();
    for (const minutes of [90, 1]) {
      await line.world.tick(minutes * MINUTE);
      await publishOnly(line, aggregate);
      await line.turn(roll);
    }
    await line.event(CASE_0, 'work', 1, { value: 21 });
    await publishOnly(line, aggregate);
    await line.turn(roll);
    return line.end();
  },
  // Of a level the store has the new total and not yet the slice, while rows of a formula are computed that lie before both.
  '4.8 what lies before all slices of a level changes what is computed from it': async () => {
    const line = await Script.open({ kpis: ['work_sum', 'open', 'load'] });
    const { aggregate } = await longAgo(
      line,
      () => line.event(CASE_1, 'work', 1, { value: 20 }),
      () => line.event(CASE_1, 'open', 3),
      () => line.event(CASE_1, 'close', 3),
    );
    const roll = await line.own('roll');
    await line.event(CASE_0, 'work', 1, { value: 1 });
    await publishAndStore(line, aggregate);
    await line.event('case 2', 'open', 5);
    await publishOnly(line, aggregate);
    await line.storePartly(aggregate, ({ sliceStartMs }) => sliceStartMs === LEVEL_TOTAL_MS);
    await line.oneByOne(roll);
    return line.end();
  },
  // The same where what was computed is final, and would leave memory before the slice comes.
  '4.8 a level that is ahead of its log keeps its slices': async () => {
    const line = await Script.open({ tight: true, kpis: ['open_worth'] });
    const { aggregate } = await longAgo(line, () => line.event(CASE_1, 'open', 1, { value: 5 }));
    const roll = await line.own('roll');
    await line.event(CASE_0, 'open', 2, { value: 7 });
    await publishAndStore(line, aggregate);
    // Memory is looked through where it has grown.
    await line.event('case 6', 'open', 2, { value: 1, team: 'team 1' });
    await publishAndStore(line, aggregate);
    await line.event('case 2', 'open', 91, { value: 3 });
    await publishOnly(line, aggregate);
    await line.storePartly(
      aggregate,
      ({ definition, sliceStartMs }) => kpiOf(definition) === 'open_worth' && sliceStartMs === LEVEL_TOTAL_MS,
    );
    await line.oneByOne(roll);
    return line.end();
  },
  // Nothing comes after the end of an import that a mark would go out for.
  '5 an import that begins or ends is told to all': async () => {
    const line = await Script.open({ kpis: ['pieces', 'work_min'] });
    const { aggregate, roll } = await longAgo(line, () => line.event(CASE_0, 'work', 1, { value: 20 }));
    await line.world.toggleImport();
    await line.event(CASE_1, 'work', 1, { value: 20 });
    await line.turn(aggregate, roll, aggregate, roll);
    await line.world.toggleImport();
    await line.turn(aggregate, roll);
    return line.end();
  },
  // All that it keeps is withdrawn.
  '6 a last with nothing kept is rebuilt from the archive': async () => {
    const line = await Script.open();
    const aggregate = await line.own('aggregate');
    await line.own('roll');
    const ids: string[] = [];
    for (let value = 0; value < 2 * LAST_KEPT_MAX; value++) ids.push(await line.event(CASE_1, 'work', 1, { value }));
    await line.turn(aggregate);
    for (const id of ids.toSorted().slice(-LAST_KEPT_MAX)) await line.void(CASE_1, id);
    await line.turn(aggregate);
    return line.end();
  },
  // Another owner published the row, and this one has read only that its window is empty.
  'derived a window of a rollup that was emptied gives its row back': async () => {
    const line = await Script.open();
    const aggregate = await line.own('aggregate');
    const before = await line.own('roll');
    const roll = await line.own('roll', { beside: true });
    const id = await line.event(CASE_1, 'work', 1, { value: 20 });
    await line.turn(aggregate);
    await line.apply(before);
    await line.void(CASE_1, id);
    await line.turn(aggregate);
    await line.apply(roll);
    await line.store(before);
    before.gate.dead = true;
    return line.end();
  },
};
