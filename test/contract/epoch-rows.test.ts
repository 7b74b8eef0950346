import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { dropValuesAhead, repartition, rowEnds } from '../../services/shared/adapters/store/clickhouse/epoch-rows.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { chdbMissing } from './chdb-missing.ts';
import { event, instance, slice, value } from './kpi-store-rows.ts';

const CASES = [
  '',
  'a',
  'ab',
  'abc',
  'abcd',
  '工单 4711',
  '\u0000\u0001',
  'ünï',
  ...Array.from({ length: 500 }, (_, i) => `c-${i}`),
];
const KEYS = CASES.map((name) => `[["team",${JSON.stringify(name)}]]`);

describe.skipIf(chdbMissing !== false)(
  `rows of another epoch${chdbMissing === false ? '' : `: ${chdbMissing}`}`,
  () => {
    let path: string;
    let transport: ChdbTransport;
    let store: ClickHouseStore;
    beforeEach(async () => {
      path = mkdtempSync(join(tmpdir(), 'takt-store-'));
      transport = await ChdbTransport.open(path);
      store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
      await store.migrate();
    });
    afterEach(async () => {
      await store.close();
      rmSync(path, { recursive: true, force: true });
    });

    test('every event, value and instance is found in the partition of its key, once, and again after a second run', async () => {
      const placed = (count: number) =>
        CASES.map((caseId, i) =>
          event({ caseId, id: 'e', partition: partitionOf(caseId, count), offset: i, version: BigInt(i) }),
        );
      const valued = (count: number) =>
        KEYS.map((labels) => value({ labels, labelPartition: partitionOf(labels, count) }));
      await store.insert('events', placed(12));
      await store.insert('values', valued(12));
      await store.insert(
        'instances',
        KEYS.map((labels) => instance({ labels, labelPartition: partitionOf(labels, 12) })),
      );
      await store.insert('slices', [slice({})]);
      for (const count of [15, 15, 4]) {
        await repartition(transport, count);
        const found = [];
        for (let p = 0; p < count; p++) {
          const rows = await store.caseEvents('w', p, CASES, 1_000_000);
          found.push(...rows);
          const { definition } = value({});
          const inPlace = await store.values({ definition, labelPartition: p, withdrawn: true });
          expect(inPlace.map(({ labels }) => labels).sort()).toEqual(
            KEYS.filter((key) => partitionOf(key, count) === p).sort(),
          );
          expect(await store.instances({ labelPartition: p })).toHaveLength(inPlace.length);
        }
        const byOffset = found.toSorted((a, b) => a.offset - b.offset);
        expect(byOffset).toEqual(placed(count));
        const [total] = await transport.rows<{ readonly n: string }>('SELECT count() AS n FROM events', {});
        expect(Number(total!.n)).toBe(CASES.length);
        expect(await store.slices({ definition: slice({}).definition })).toEqual([]);
      }
    });

    test('events with a period move too, and join those of partitions that had none yet', async () => {
      const [cut, uncut] = [0, 1].map((p) => CASES.filter((caseId) => partitionOf(caseId, 2) === p));
      const of = (caseId: string, partition: number) => event({ caseId, id: 'e', partition });
      await store.insert(
        'retained_events',
        cut!.map((caseId) => ({ ...of(caseId, 0), period: 600 })),
      );
      // What a partition with a cut left behind in the other table expired, or goes on with a period.
      await store.insert('events', [...uncut!.map((caseId) => of(caseId, 1)), of('expired', 0)]);
      const position = { stage: 'aggregate', topic: 'events.w', version: 1n };
      await store.insert('positions', [
        { ...position, partition: 0, content: '{"cut":{"lateMs":5,"frozenMs":4}}' },
        { ...position, partition: 1, content: '{}' },
      ]);
      await repartition(transport, 3);
      const found: string[] = [];
      for (let p = 0; p < 3; p++) {
        const rows = await store.caseEvents('w', p, [...CASES, 'expired'], 1_000_000, 600);
        found.push(...rows.map(({ caseId }) => caseId));
        expect(rows.every(({ caseId }) => partitionOf(caseId, 3) === p)).toBe(true);
      }
      expect(found.toSorted()).toEqual(CASES.toSorted());
    });

    test('rows end where the last record is that any of them holds', async () => {
      expect((await rowEnds(transport)).notify.size).toBe(0);
      await store.insert('events', [event({ partition: 1, offset: 7, version: 7n })]);
      await store.insert('slices', [slice({ source: 'w/1', version: 9n }), slice({ source: 'w/2', version: 3n })]);
      await store.insert('values', [
        value({ labelPartition: 2, version: 20n }),
        value({ labelPartition: 2, windowEndMs: 5, version: 30n }),
      ]);
      const { aggregate, roll, alert } = await rowEnds(transport);
      expect([aggregate.get('w/1'), aggregate.get('w/2'), roll.get('2'), alert.size]).toEqual([10, 4, 31, 0]);
      await dropValuesAhead(transport, 2, 21);
      expect((await rowEnds(transport)).roll.get('2')).toBe(21);
    });
  },
);
