import { expect, test } from 'vitest';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { inForce, verify } from '../../services/shared/runtime/verify/verify.ts';
import type { VerifySource } from '../../services/shared/runtime/verify/verify-source.ts';

const text = `version: 1
workflows: { line: { activities: [made], dimensions: [] } }
kpis: { made: { workflow: line, measure: { event: made }, aggregate: count, window: { tumbling: day } } }
`;
const { catalogue } = parseCatalogue(text, 'catalogue.yaml', { calendarVersion: 'test' });
const { definition } = catalogue!.kpis.get('made')!;

/** A takt without events that has computed its KPI when it is asked for the `looks`th time. */
function source(looks: number): VerifySource {
  let left = looks;
  const rowsOf = (sql: string): object[] => {
    if (sql.includes('FROM definitions')) return [{ content: JSON.stringify(definition) }];
    if (!sql.includes("stage = 'roll'")) return [];
    return [{ content: JSON.stringify({ done: --left > 0 ? [] : [definition.hash] }) }];
  };
  return {
    rows: async <Row>(sql: string) => rowsOf(sql) as Row[],
    settled: async () => {},
    watermark: async () => null,
  };
}

test('a KPI that is computed a moment later is waited for, not left out', async () => {
  const checks = [];
  const range = { fromMs: null, toMs: null, totals: true };
  for await (const check of verify({ source: source(2), range, kpis: [], onPage: () => {} })) checks.push(check);
  expect(checks.map(({ kpi, notChecked }) => ({ kpi, notChecked }))).toEqual([{ kpi: 'made', notChecked: null }]);
});

test('a KPI that is named and still being computed is said to be so, not to be unknown', async () => {
  await expect(inForce(source(Infinity), ['made'])).rejects.toMatchObject({
    code: 'KPI_UNKNOWN',
    message: expect.stringContaining('made is still being computed'),
  });
  await expect(inForce(source(1), ['maed'])).rejects.toThrow('made');
});
