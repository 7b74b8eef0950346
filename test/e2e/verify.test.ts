import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import type { ValueRow } from '../../services/shared/ports/kpi-rows.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { type Outcome, startServer, takt } from '../support/takt-process.ts';

interface Report {
  readonly kpis: readonly {
    readonly kpi: string;
    readonly notChecked: string | null;
    readonly windows: number;
    readonly moving: number;
    readonly differencesCount: number;
    readonly differences: readonly Record<string, unknown>[];
  }[];
}

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

async function importFile(file: string, catalogue: string, mapping = catalogue): Promise<void> {
  const options = [
    '--mapping',
    `test/catalogues/${mapping}.mapping.yaml`,
    '--catalogue',
    `test/catalogues/${catalogue}.yaml`,
  ];
  const outcome = await takt(['import', dataSet(file), ...options, '--data', directory.path]);
  expect(outcome.code, outcome.stderr).toBe(0);
}

const verify = (...options: readonly string[]): Promise<Outcome> =>
  takt(['verify', '--data', directory.path, ...options]);

/** How many windows of each KPI were compared, none of them different. */
async function windowsAlike(): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await verify('--json');
  expect(code, stderr).toBe(0);
  const { kpis } = JSON.parse(stdout) as Report;
  for (const { kpi, differences, notChecked } of kpis)
    expect({ kpi, differences, notChecked }).toEqual({ kpi, differences: [], notChecked: null });
  return Object.fromEntries(kpis.map(({ kpi, windows }) => [kpi, windows]));
}

async function corrupted(kpi: string, which: (rows: readonly ValueRow[]) => ValueRow): Promise<ValueRow> {
  const store = new ClickHouseStore({
    transport: await ChdbTransport.open(join(directory.path, 'store')),
    migrationsPath: 'deploy/clickhouse',
  });
  try {
    const { hash } = (await store.definitions()).find((row) => row.kpi === kpi && row.active)!;
    const row = which(await store.values({ definition: hash }));
    const wrong = { ...row, value: row.value! + 1, valueExact: String(row.value! + 1), version: row.version + 1n };
    await store.insert('values', [wrong]);
    return wrong;
  } finally {
    await store.close();
  }
}

describe.skipIf(dataSetsMissing)(
  `takt verify${dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`}`,
  () => {
    test(
      'of limits, units so far, and what is open no difference, also through a takt that runs',
      { timeout: 180_000 },
      async () => {
        await importFile('helpdesk_italian.csv', 'verify', 'helpdesk_italian');
        const windows = await windowsAlike();
        expect(Object.keys(windows).length).toBe(9);
        expect(Object.entries(windows).filter(([, count]) => count < 20)).toEqual([]);
        const server = await startServer(directory.path);
        expect(Object.keys(await windowsAlike())).toEqual(Object.keys(windows));
        await server.stop();
      },
    );

    test('a row that was changed is found alone, with the cases behind it', { timeout: 180_000 }, async () => {
      await importFile('helpdesk_italian.csv', 'identity', 'helpdesk_italian');
      expect(Object.values(await windowsAlike()).every((windows) => windows > 0)).toBe(true);
      const { windowEndMs, value, labelMap } = await corrupted('opened', (rows) =>
        rows.find((row) => row.state === 'final' && row.samples > 3)!,
      );
      const { code, stdout, stderr } = await verify('--json');
      expect(code).toBe(1);
      expect(stderr).toContain('[VALUES_DIFFER]');
      const wrong = (JSON.parse(stdout) as Report).kpis.filter(({ differencesCount }) => differencesCount > 0);
      expect(wrong).toMatchObject([
        {
          kpi: 'opened',
          differencesCount: 1,
          differences: [
            {
              labels: labelMap,
              windowEnd: new Date(windowEndMs).toISOString(),
              streamed: { value },
              computed: { value: value! - 1 },
              casesCount: value! - 1,
            },
          ],
        },
      ]);
      const cases = wrong[0]!.differences[0]!['cases'] as readonly { caseId: string; contributions: number }[];
      expect(cases[0]).toMatchObject({ caseId: expect.stringMatching(/^Case /) as string, contributions: 1 });
      const told = await verify('--kpi', 'opened');
      expect(told.stdout).toMatch(/^opened: \d+ windows compared, 1 difference/);
      expect(told.stdout).toContain(cases[0]!.caseId);
      const day = 86_400_000;
      const before = new Date(windowEndMs - day).toISOString();
      expect((await verify('--kpi', 'opened', '--to', before)).code).toBe(0);
      expect((await verify('--kpi', 'openned')).stderr).toContain("did you mean 'opened'");
    });
  },
);
