import { expect, test } from 'vitest';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { ValueRow } from '../../services/shared/ports/kpi-rows.ts';
import { earlierOf } from '../../services/wallboard/live/shown-versions.ts';
import { withEarlierValues } from '../../services/wallboard/version-values.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const HOUR_MS = 3_600_000;

function definitionOf(rest: string): Definition {
  const text = [
    'version: 1',
    'workflows: { w: { activities: [a], dimensions: [team] } }',
    `kpis: { k: { workflow: w, measure: { event: a }, ${rest} } }`,
  ].join('\n');
  const { catalogue, problems } = parseCatalogue(text, 'c.yaml', { calendarVersion: 'test' });
  if (catalogue === null) throw new Error(JSON.stringify(problems));
  return catalogue.kpis.get('k')!.definition;
}

const window = 'window: { tumbling: hour }';
const old = definitionOf(`aggregate: sum, ${window}`);
const now = definitionOf(`aggregate: count, ${window}, effective: '1970-01-01T02:00:00Z'`);

function rowsOf(definition: string, hours: readonly number[]): ValueRow[] {
  return hours.map((hour) => ({ definition, labels: '[]', windowEndMs: hour * HOUR_MS }) as ValueRow);
}

test('versions stand in one line as far as their numbers are of one kind', () => {
  expect(earlierOf({ definition: now, earlier: [old] })).toEqual([{ definition: old, throughMs: 2 * HOUR_MS }]);
  for (const other of [`aggregate: sum, ${window}, by: [team]`, `aggregate: sum, ${window}, unit: EUR`])
    expect(earlierOf({ definition: now, earlier: [definitionOf(other), old] })).toEqual([]);
  expect(earlierOf({ definition: now, earlier: [definitionOf('aggregate: sum, window: { tumbling: day }')] })).toEqual(
    [],
  );
});

test('of each version its own windows are read, and of both together the last', async () => {
  const stored = new Map([
    [old.hash, rowsOf(old.hash, [1, 2, 3, 4])],
    [now.hash, rowsOf(now.hash, [3, 4])],
  ]);
  const store = withEarlierValues(
    {
      async values({ definition, toMs = Infinity, lastPerSeries = Infinity }) {
        const rows = stored.get(definition!)!.filter(({ windowEndMs }) => windowEndMs < toMs);
        return rows.slice(Math.max(0, rows.length - lastPerSeries));
      },
    },
    { definition: now, earlier: [old] },
  );
  const read = async (query: object) =>
    (await store.values({ definition: now.hash, ...query })).map(({ definition, windowEndMs }) => {
      return `${definition === old.hash ? 'old' : 'now'} ${windowEndMs / HOUR_MS}`;
    });
  expect(await read({})).toEqual(['old 1', 'old 2', 'now 3', 'now 4']);
  expect(await read({ lastPerSeries: 3 })).toEqual(['old 2', 'now 3', 'now 4']);
  expect(await read({ rowsMax: 1 })).toEqual(['old 1']);
});
