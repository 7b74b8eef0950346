import { expect } from 'vitest';
import { verifySource } from '../../services/cli/verify/source.ts';
import type { StatusReport } from '../../services/cli/wiring.ts';
import { verify } from '../../services/shared/runtime/verify/verify.ts';
import type { KpiCheck } from '../../services/shared/runtime/verify/verify-kpi.ts';
import type { Embedded } from './embedded.ts';

/** What `takt verify` finds in a takt of this process whose events are all stored, by KPI. */
export async function verifyEmbedded({ store, processor }: Embedded): Promise<Map<string, KpiCheck>> {
  const source = verifySource({
    query: (sql, format) => store.query(sql, format),
    status: async () => ({ tasks: await processor.status() }) as unknown as StatusReport,
    // Nothing is on its way.
    settled: () => Promise.resolve(),
  });
  const checks = new Map<string, KpiCheck>();
  const range = { fromMs: null, toMs: null, totals: true };
  for await (const each of verify({ source, range, kpis: [], onPage() {} })) checks.set(each.kpi, each);
  return checks;
}

/** Checks that every KPI of the catalogue has windows, and each of them what the archived events give. */
export async function expectVerified(takt: Embedded): Promise<void> {
  const checks = [...(await verifyEmbedded(takt)).values()];
  expect(checks.map(({ kpi }) => kpi)).toEqual([...takt.catalogue.kpis.keys()].toSorted());
  for (const { kpi, windows, notChecked, moving, differences } of checks) {
    expect({ kpi, notChecked, moving, differences }).toEqual({ kpi, notChecked: null, moving: 0, differences: [] });
    expect(windows, kpi).toBeGreaterThan(0);
  }
}
