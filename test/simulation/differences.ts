import { isMoving } from '../../services/shared/core/aggregate/moving.ts';
import { agrees } from './oracle.ts';
import { definitions, endOf, inOracleTerms, type World, type WorldValue } from './world.ts';

/** Where store and log differ from the batch recompute after time has passed every window. */
export async function differences(world: World): Promise<string[]> {
  const { values: expected, maybe } = world.answer();
  const stored = world.storedValues();
  const wrong: string[] = [];
  for (const [name, rows] of [
    ['store', stored],
    ['published', await world.publishedValues()],
  ] as const) {
    const actual = inOracleTerms(rows);
    for (const key of new Set([...expected.keys(), ...actual.keys()])) {
      if (!world.isTold(key)) continue;
      const right = actual.has(key) ? maybe(key) : expected.get(key);
      if (!agrees(key, right, actual.get(key)))
        wrong.push(`${name}: ${key}: expected ${right}, got ${actual.get(key)}`);
    }
  }
  // The day so far that begins last is still under way.
  const { watermarkMs } = world;
  const over = (row: WorldValue): boolean =>
    endOf(row) !== 'total' && row.windowEndMs + definitions.get(row.definition)!.settleMs <= watermarkMs;
  const open = stored.filter((row) => !row.withdrawn && row.state !== 'final' && over(row));
  return [...wrong, ...open.map(({ kpi, windowEndMs, state }) => `not final: ${kpi} ${windowEndMs} ${state}`)];
}

/** KPIs whose windows have a row as soon as they have an event; those of limits wait for their time to pass. */
const ALWAYS = new Set(
  [...definitions.values()]
    .filter(
      (definition) =>
        definition.measure.kind !== 'within' &&
        !isMoving(definition) &&
        ['tumbling', 'shift', 'total'].includes(definition.window.kind),
    )
    .map(({ kpi }) => kpi),
);

/**
 * Where they differ as soon as the owners have caught up: what is there and not being filled is right, and windows that
 * need no watermark to have a row have it.
 */
export async function earlyDifferences(world: World): Promise<string[]> {
  const { values: expected, maybe } = world.answer();
  const filling = ({ state }: WorldValue): boolean => state === 'backfilling';
  return [world.storedValues(), await world.publishedValues()].flatMap((rows, i) => {
    const actual = inOracleTerms(rows.filter((row) => !filling(row)));
    const skipped = new Set(rows.filter(filling).map((row) => `${row.kpi} ${row.labels} ${endOf(row)}`));
    const always = [...expected.keys()].filter((key) => ALWAYS.has(key.split(' ')[0]!) && !skipped.has(key));
    return [...new Set([...actual.keys(), ...always])]
      .filter((key) => world.isTold(key) && !agrees(key, maybe(key), actual.get(key)))
      .map((key) => `${i === 0 ? 'store' : 'published'} early: ${key}: ${maybe(key)}, got ${actual.get(key)}`);
  });
}
