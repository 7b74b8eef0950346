import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Definition } from '../../services/shared/core/definition.ts';
import { isDerived } from '../../services/shared/core/formula/derived.ts';
import { derivedValue } from '../../services/shared/core/formula/derived-value.ts';
import { agrees, type ComputedValue } from '../../services/shared/core/verify/computed-value.ts';
import { derivedFrom } from '../../services/shared/core/verify/derived-from.ts';
import { endsOf, measuredInputs, spansOf } from '../../services/shared/core/verify/derived-inputs.ts';
import { sliceEnd, windowStart } from '../../services/shared/core/window/window.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';

const DAY_MS = 86_400_000;
/** 2024-02-27: a leap day and, a month later, a clock that goes forward are near. */
const START_MS = 1_708_992_000_000;

const { catalogue } = parseCatalogue(
  `version: 1
timezone: Europe/Berlin
workflows: { w: { activities: [a] } }
kpis:
  count: { workflow: w, measure: { event: a }, aggregate: count, window: { tumbling: day } }
  middle: { workflow: w, measure: { event: a }, aggregate: mean, scale: 2, window: { tumbling: day } }
  half: { workflow: w, measure: { event: a }, aggregate: p50, scale: 2, window: { tumbling: day } }
  recent: { workflow: w, measure: { event: a }, aggregate: sum, scale: 2, window: { rolling: 6h, every: 1h } }
  month: { workflow: w, measure: { event: a }, aggregate: sum, scale: 2, window: { to_date: month, every: 1d } }
  quotient: { formula: count / (middle - 1) }
  mean_of: { measure: { rollup: { of: middle } }, aggregate: mean, window: { tumbling: week } }
  sum_of: { measure: { rollup: { of: middle } }, aggregate: sum, window: { tumbling: month } }
  mean_count: { measure: { rollup: { of: count } }, aggregate: mean, window: { tumbling: week } }
  least_skip: { measure: { rollup: { of: half, empty: skip } }, aggregate: min, window: { tumbling: week } }
  most_of: { measure: { rollup: { of: quotient } }, aggregate: max, window: { tumbling: week } }
  sum_quotient: { measure: { rollup: { of: quotient } }, aggregate: sum, window: { tumbling: week } }
  last_of: { measure: { rollup: { of: quotient, empty: skip } }, aggregate: last, window: { tumbling: month } }
  growth_of: { measure: { growth: { of: middle, over: previous } } }
  growth_year: { measure: { growth: { of: count, over: year } } }
  growth_recent: { measure: { growth: { of: recent, over: previous } } }
  growth_month: { measure: { growth: { of: month, over: previous } } }
  growth_mean: { measure: { growth: { of: mean_count, over: previous } } }
  mean_growth: { measure: { rollup: { of: growth_of } }, aggregate: mean, window: { tumbling: week } }
  deep: { formula: 'mean_growth + growth_mean * count' }
`,
  'catalogue.yaml',
  { calendarVersion: 'test' },
);
const derived = [...catalogue!.kpis.values()].map(({ definition }) => definition).filter(isDerived);

/** What a measured KPI may come to: how many samples, and hundredths. */
const known = fc.oneof(
  fc.constant({ samples: 0, hundredths: 0 }),
  fc.record({ samples: fc.constant(1), hundredths: fc.integer({ min: -300, max: 300 }) }),
  fc.record({ samples: fc.integer({ min: 1, max: 9 }), hundredths: fc.maxSafeInteger() }),
);
type Known = { readonly samples: number; readonly hundredths: number };

function computed({ aggregate, kpi }: Definition, { samples, hundredths }: Known): ComputedValue {
  if (kpi === 'count') return { value: samples, exact: { numerator: BigInt(samples), denominator: 1n }, samples };
  if (samples === 0 && aggregate.kind !== 'sum') return { value: null, exact: null, samples };
  const exact = aggregate.kind === 'percentile' ? null : { numerator: BigInt(hundredths), denominator: 100n };
  return { value: hundredths / 100, exact, samples };
}

test.each(derived.map((definition) => [definition.kpi, definition] as const))(
  '%s: by ranges it is what the folds compute, and for the same reason nothing',
  (_, definition) => {
    let endMs = sliceEnd(definition.window, START_MS + 40 * DAY_MS);
    fc.assert(
      fc.property(fc.array(known, { minLength: 5, maxLength: 40 }), fc.nat(90), (values, steps) => {
        for (let step = 0; step < steps % 7; step++) endMs = sliceEnd(definition.window, endMs);
        const at = (measured: Definition, atMs: number): Known =>
          values[Math.abs(Math.floor(atMs / 3_600_000) * 31 + measured.kpi.length) % values.length]!;
        const streamed = derivedValue(definition, endMs, {
          at: (measured, atMs) => ({ ...computed(measured, at(measured, atMs)), why: null }),
          isPast: () => true,
        });
        const ranged = derivedFrom(definition, endMs, (measured, atMs) => computed(measured, at(measured, atMs)));
        const row = { value: streamed.value, exact: null, samples: streamed.samples, reason: streamed.why ?? '' };
        expect(agrees(definition, row, ranged), JSON.stringify({ row, ranged })).toBe(true);
        // Far off it is told, where the number is known at all.
        const { range } = ranged;
        if (row.value === null || !range || !Number.isFinite(range.low) || !Number.isFinite(range.high)) return;
        const far = row.value + 2 * (range.high - range.low) + Math.abs(row.value) / 100 + 0.01;
        expect(agrees(definition, { ...row, value: far }, ranged)).toBe(false);
      }),
    );
  },
);

test.each(derived.map((definition) => [definition.kpi, definition] as const))(
  '%s: every window that it is computed from is in the spans that are read',
  (_, definition) => {
    let endMs = sliceEnd(definition.window, START_MS);
    for (let n = 0; n < 500; n++) {
      endMs = sliceEnd(definition.window, endMs);
      const ends = { afterMs: windowStart(definition.window, endMs), untilMs: endMs };
      for (const { definition: measured } of measuredInputs(definition)) {
        const spans = spansOf(definition, measured, ends);
        const outside = endsOf(definition, measured, endMs).filter(
          (at) => !spans.some(([fromMs, throughMs]) => at >= fromMs && at <= throughMs),
        );
        expect(outside, `${measured.kpi} for ${new Date(endMs).toISOString()}`).toEqual([]);
      }
    }
  },
);
