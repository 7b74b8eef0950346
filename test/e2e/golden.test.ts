import { createReadStream, readFileSync } from 'node:fs';
import { parse } from 'csv-parse';
import { afterEach, describe, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';
import { takt as runTakt } from '../support/takt-process.ts';
import { expectVerified } from '../support/verify-embedded.ts';

let takt: Embedded | null = null;
const directory = { current: null as ReturnType<typeof temporaryDirectory> | null };

/** Imports a file with the built `takt import` into an empty data directory, and opens what came of it. */
async function openImported(file: string, name: string, mappingName = name, more: string[] = []): Promise<Embedded> {
  const { path } = (directory.current = temporaryDirectory());
  const catalogue = `test/catalogues/${name}.yaml`;
  const mapping = `test/catalogues/${mappingName}.mapping.yaml`;
  const given = ['--mapping', mapping, '--catalogue', catalogue, '--data', path, ...more];
  const outcome = await runTakt(['import', file, ...given]);
  expect(outcome.code, outcome.stderr).toBe(0);
  takt = await openEmbedded(path, catalogue);
  return takt;
}

afterEach(async () => {
  await takt?.stop();
  takt = null;
  directory.current?.remove();
});

async function rowsOf(file: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const row of createReadStream(file).pipe(parse({ bom: true }))) rows.push(row as string[]);
  return rows.slice(1);
}

function event(
  workflow: string,
  caseId: string,
  id: string,
  activity: string,
  timeMs: number,
  dimensions: Record<string, string>,
): WorkflowEvent {
  return {
    workflow,
    caseId,
    id,
    kind: 'event',
    activity,
    timeMs,
    dimensions,
    value: null,
    target: null,
    importId: null,
  };
}

interface Current {
  readonly kpi: string;
  readonly value: number;
  readonly value_exact: string | null;
}

interface CrmShare {
  readonly won: number;
  readonly lost: number;
  readonly conversion_rate: number;
}

interface CrmGolden {
  readonly overall: { readonly all: CrmShare };
  readonly by_close_month: Readonly<Record<string, CrmShare>>;
  readonly by_product: Readonly<Record<string, CrmShare>>;
  readonly sales_cycle_days: Readonly<
    Record<string, Readonly<Record<'n' | 'sum' | 'mean' | 'min' | 'max' | 'p50_ch' | 'p90_ch', number>>>
  >;
  readonly won_revenue_total: number;
  readonly won_revenue_per_month: Readonly<Record<string, number>>;
  readonly mean_won_value: number;
  readonly open_pipeline: number;
}

/** To six digits behind the point, as the golden figures are. */
function rounded(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Number(value.toFixed(6))]));
}

describe.skipIf(dataSetsMissing)(
  `golden figures${dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`}`,
  () => {
    test('helpdesk_italian: months, first response, resolution, open to close', { timeout: 120_000 }, async () => {
      const takt = await openImported(dataSet('helpdesk_italian.csv'), 'helpdesk_italian');
      const rows = await rowsOf(dataSet('helpdesk_italian.csv'));
      const events = rows.map((row, i) =>
        event(
          'helpdesk',
          row[0]!,
          String(i),
          row[1]!,
          Date.parse(`${row[3]!.replaceAll('/', '-').replace(' ', 'T')}Z`),
          {},
        ),
      );
      await takt.settled();
      const golden = (
        JSON.parse(readFileSync(dataSet('golden/helpdesk_italian.json'), 'utf8')) as { kpis: Record<string, never> }
      ).kpis as Record<string, Record<string, number>>;
      for (const kpi of ['opened_per_month', 'closed_per_month']) {
        const months = await takt.rows<{ month: string; value: number }>(
          `SELECT formatDateTime(window_start, '%Y-%m') AS month, value FROM kpi_history WHERE kpi = '${kpi}' AND samples > 0 ORDER BY month`,
        );
        expect(Object.fromEntries(months.map(({ month, value }) => [month, value])), kpi).toEqual(golden[kpi]);
      }
      const current = await takt.rows<Current>('SELECT kpi, value, value_exact FROM kpi_current');
      const valueOf = (kpi: string): Current => current.find((row) => row.kpi === kpi)!;
      for (const name of ['first_response', 'resolution', 'open_to_close']) {
        const expected = golden[`${name}_s`]!;
        expect(valueOf(`${name}_n`).value, name).toBe(expected['n']);
        expect(Number(valueOf(`${name}_sum`).value_exact), name).toBe(expected['sum']);
        expect(Number(valueOf(`${name}_min`).value_exact), name).toBe(expected['min']);
        expect(Number(valueOf(`${name}_max`).value_exact), name).toBe(expected['max']);
      }
      const resolution = sortedDurations(events, (list) =>
        list.findLast(({ activity }) => activity === 'Resolve ticket'),
      );
      for (const [kpi, q] of [
        ['resolution_p50', 0.5],
        ['resolution_p90', 0.9],
      ] as const) {
        const exact = resolution[Math.ceil(q * resolution.length) - 1]!;
        expect(Math.abs(valueOf(kpi).value - exact), kpi).toBeLessThanOrEqual(exact * 0.01);
      }
      // The golden rate is this share, rounded.
      const again = [golden['cases_with_2plus_Resolve'], golden['cases']] as unknown as [number, number];
      expect(valueOf('resolved_again').value).toBe(again[0]);
      expect(valueOf('re_resolve_rate').value).toBe(again[0] / again[1]);
      expect(Number(valueOf('re_resolve_rate').value.toFixed(6))).toBe(golden['re_resolve_rate']);
      const [archived] = await takt.rows<{ n: string }>('SELECT count() AS n FROM events FINAL');
      expect(Number(archived!.n)).toBe(21_348);
      await expectVerified(takt);
    });

    test.each([
      ['crm_sales_pipeline.csv', 'crm'],
      ['crm_sales_pipeline_mixed_dates.csv', 'crm_mixed_dates'],
    ])('%s: conversion, revenue, sales cycle, open pipeline', { timeout: 60_000 }, async (file, mapping) => {
      const takt = await openImported(dataSet(file), 'crm', mapping, ['--as-of', `${CRM_AS_OF}T00:00:00Z`]);
      await takt.settled();
      const golden = JSON.parse(readFileSync(dataSet('golden/crm_sales_pipeline.json'), 'utf8')) as CrmGolden;
      const months = await takt.rows<{ kpi: string; month: string; value: number }>(
        "SELECT kpi, formatDateTime(window_start, '%Y-%m') AS month, value FROM kpi_history WHERE kpi LIKE '%_per_month' AND samples > 0",
      );
      const byMonth = (kpi: string): Record<string, number> =>
        Object.fromEntries(months.filter((row) => row.kpi === kpi).map(({ month, value }) => [month, value]));
      const months2017 = Object.entries(golden.by_close_month);
      const picked = (field: keyof CrmShare): object =>
        Object.fromEntries(months2017.map(([month, share]) => [month, share[field]]));
      expect(byMonth('won_per_month')).toEqual(picked('won'));
      expect(byMonth('lost_per_month')).toEqual(picked('lost'));
      expect(rounded(byMonth('conversion_per_month'))).toEqual(picked('conversion_rate'));
      expect(byMonth('revenue_per_month')).toEqual(golden.won_revenue_per_month);
      const current = await takt.rows<Current & { labels: Record<string, string> }>(
        "SELECT kpi, labels, value, value_exact FROM kpi_current WHERE kpi NOT LIKE '%_per_month'",
      );
      const by = (kpi: string, label?: string): Record<string, number> =>
        Object.fromEntries(
          current.filter((row) => row.kpi === kpi).map(({ labels, value }) => [label ? labels[label] : '', value]),
        );
      expect(rounded(by('conversion_of_product', 'product'))).toEqual(
        Object.fromEntries(
          Object.entries(golden.by_product).map(([product, share]) => [product, share.conversion_rate]),
        ),
      );
      for (const [stage, cycle] of Object.entries(golden.sales_cycle_days)) {
        for (const figure of ['n', 'sum', 'min', 'max'] as const)
          expect(by(`cycle_${figure}`, 'stage')[stage], `${figure} of ${stage}`).toBe(cycle[figure]);
        expect(rounded(by('cycle_mean', 'stage'))[stage]).toBe(cycle.mean);
        for (const [kpi, exact] of [
          ['cycle_p50', cycle.p50_ch],
          ['cycle_p90', cycle.p90_ch],
        ] as const)
          expect(Math.abs(by(kpi, 'stage')[stage]! - exact), `${kpi} of ${stage}`).toBeLessThanOrEqual(exact * 0.01);
      }
      expect([by('revenue'), rounded(by('conversion')), rounded(by('mean_won_value')), by('open_pipeline')]).toEqual(
        [golden.won_revenue_total, golden.overall.all.conversion_rate, golden.mean_won_value, golden.open_pipeline].map(
          (value) => ({ '': value }),
        ),
      );
      const shares = await takt.rows<{ kpi: string; month: string; value: number }>(
        "SELECT kpi, formatDateTime(window_start, '%Y-%m') AS month, value FROM kpi_history WHERE kpi LIKE 'won_%' AND samples > 0",
      );
      const shareByMonth = (kpi: string): Record<string, number> =>
        Object.fromEntries(shares.filter((row) => row.kpi === kpi).map(({ month, value }) => [month, value]));
      const closed = Object.entries(golden.by_close_month).map(([month, each]) => [month, each.conversion_rate]);
      expect(rounded(shareByMonth('won_of_closed'))).toEqual(Object.fromEntries(closed));
      const deals = await rowsOf(dataSet('crm_sales_pipeline.csv'));
      expect(shareByMonth('won_within_60d')).toEqual(wonWithin60Days(deals, 'begun'));
      expect(shareByMonth('won_for_engaged')).toEqual(wonWithin60Days(deals, 'closed'));
      await expectVerified(takt);
    });

    test.each([1, 2, 3, 4, 5, 6])(
      'dascen scenario %i: busy time per station within 1 ms',
      { timeout: 60_000 },
      async (scenario) => {
        const name = `scenario_0${scenario}`;
        const takt = await openImported(dataSet(`dascen/${name}_clean.csv`), 'dascen');
        await takt.settled();
        const golden = JSON.parse(readFileSync(dataSet('golden/dascen.json'), 'utf8')) as {
          scenarios: Record<string, { busy_time_check: Record<string, { ours_busy_s: number }> }>;
        };
        const current = await takt.rows<{ labels: { station: string }; value: number }>(
          "SELECT labels, value FROM kpi_current WHERE kpi = 'busy_s' AND samples > 0",
        );
        const busy = Object.fromEntries(current.map(({ labels, value }) => [labels.station, value]));
        const expected = Object.entries(golden.scenarios[name]!.busy_time_check).map(
          ([station, { ours_busy_s: seconds }]) => [station, seconds] as const,
        );
        expect(Object.keys(busy).sort()).toEqual(expected.map(([station]) => station).sort());
        for (const [station, seconds] of expected)
          expect(Math.abs(busy[station]! - seconds), station).toBeLessThanOrEqual(0.001);
        await expectVerified(takt);
      },
    );
  },
);

/** When deals count as begun whose row has no date of it. */
const CRM_AS_OF = '2017-12-31';

/**
 * Of each month the deals won within 60 days of their beginning, over those that began in it; by brute force. A won deal
 * counts in the month in which it was begun or closed.
 */
function wonWithin60Days(deals: readonly string[][], counts: 'begun' | 'closed'): Record<string, number> {
  const months = new Map<string, { won: number; begun: number }>();
  const monthOf = (date: string): { won: number; begun: number } => {
    const month = months.get(date.slice(0, 7)) ?? { won: 0, begun: 0 };
    months.set(date.slice(0, 7), month);
    return month;
  };
  for (const deal of deals) {
    const [stage, date, closed] = [deal[4]!, deal[5]!, deal[6]!];
    const begun = date === '' ? CRM_AS_OF : date;
    monthOf(begun).begun++;
    const inTime = Date.parse(closed) - Date.parse(begun) <= 60 * 86_400_000;
    if (stage === 'Won' && inTime) monthOf(counts === 'begun' ? begun : closed).won++;
  }
  const begunIn = [...months].filter(([, { begun }]) => begun > 0);
  return Object.fromEntries(begunIn.map(([month, { won, begun }]) => [month, won / begun]));
}

/** First event to the one that `end` picks, in seconds, ascending; by brute force. */
function sortedDurations(
  events: readonly WorkflowEvent[],
  end: (list: readonly WorkflowEvent[]) => WorkflowEvent | undefined,
): number[] {
  const cases = group(events);
  const result: number[] = [];
  for (const list of cases.values()) {
    const sorted = [...list].sort((a, b) => a.timeMs - b.timeMs);
    const last = end(sorted);
    if (last !== undefined) result.push((last.timeMs - sorted[0]!.timeMs) / 1000);
  }
  return result.sort((a, b) => a - b);
}

function group(events: readonly WorkflowEvent[]): Map<string, WorkflowEvent[]> {
  const cases = new Map<string, WorkflowEvent[]>();
  for (const each of events) cases.set(each.caseId, [...(cases.get(each.caseId) ?? []), each]);
  return cases;
}
