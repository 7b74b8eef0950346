import type { Definition } from '../../shared/core/definition.ts';
import { inputsOf, isDerived } from '../../shared/core/formula/derived.ts';
import { sameWindow } from '../../shared/core/formula/derived-leaves.ts';
import { innerEnds, outerEnd } from '../../shared/core/formula/rollup.ts';
import { tumbles, windowStart } from '../../shared/core/window/window.ts';
import type { Series } from './series.ts';
import { isRequired } from './window-ends.ts';

/** Where a KPI has rows for some labels. */
export interface RowPlaces {
  hasRow(endMs: number, watermarkMs: number | null): boolean;
  /** Beyond this window end no slice enters and no value stands, ms UTC. */
  lastEndMs(): number;
}

/** Where a KPI has rows: a derived one where what it is computed from has one; `seriesOf` gives the measured ones. */
export function rowPlacesOf(definition: Definition, seriesOf: (measured: Definition) => Series): RowPlaces {
  if (!isDerived(definition)) {
    const series = seriesOf(definition);
    return {
      hasRow: (endMs, watermarkMs) => hasRow(series, endMs, watermarkMs),
      lastEndMs: () => series.lastEndMs,
    };
  }
  const { measure, window } = definition;
  if (measure.kind === 'rollup') {
    const [input] = measure.inputs;
    const inner = rowPlacesOf(input, seriesOf);
    return {
      hasRow(endMs, watermarkMs) {
        for (const at of innerEnds(input.window, window, endMs)) if (inner.hasRow(at, watermarkMs)) return true;
        return false;
      },
      lastEndMs: () => outerEnd(window, inner.lastEndMs()),
    };
  }
  const alike = inputsOf(definition).filter((input) => sameWindow(input.window, window));
  const all = alike.map((input) => rowPlacesOf(input, seriesOf));
  return {
    hasRow: (endMs, watermarkMs) => all.some((each) => each.hasRow(endMs, watermarkMs)),
    lastEndMs: () => all.reduce((last, each) => Math.max(last, each.lastEndMs()), -Infinity),
  };
}

/** Not where it only has a row of zero: what else counts there would then depend on the way there. */
function hasRow(series: Series, endMs: number, watermarkMs: number | null): boolean {
  const { window } = series.definition;
  if (!isRequired(series, endMs, watermarkMs)) return false;
  return !tumbles(window) || series.samples(windowStart(window, endMs)) !== 0;
}
