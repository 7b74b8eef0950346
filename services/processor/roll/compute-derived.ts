import { isMoving } from '../../shared/core/aggregate/moving.ts';
import { LEVEL_TOTAL_MS } from '../../shared/core/definition.ts';
import type { DerivedValue } from '../../shared/core/formula/derived.ts';
import { derivedValue, type Measured } from '../../shared/core/formula/derived-value.ts';
import { sliceStart, windowStart } from '../../shared/core/window/window.ts';
import type { ValueRow } from '../../shared/ports/kpi-rows.ts';
import { type Moment, type RowContent, rowOf } from './compute-values.ts';
import { derivedEnds, isDerivedRequired } from './derived-ends.ts';
import type { DerivedSeries } from './derived-series.ts';
import type { Due } from './due.ts';
import { Dues } from './dues.ts';
import { isFilling, LevelReader, type Levels, resultAt } from './evaluate.ts';
import { MovingReader } from './moving-reader.ts';
import type { OpenImports, Series } from './series.ts';
import { endsWith, pendingOf } from './window-ends.ts';

/** The levels of one computation: read once, whoever asks for them. */
export class LevelReaders {
  private readonly readers = new Map<Series, Levels>();
  private readonly imports: OpenImports;

  constructor(imports: OpenImports) {
    this.imports = imports;
  }

  /** Null: the series is no level. */
  of(series: Series): Levels | null {
    const moving = isMoving(series.definition);
    if (!moving && series.definition.window.kind !== 'instant') return null;
    let reader = this.readers.get(series);
    if (reader === undefined) {
      reader = moving ? new MovingReader(series, this.imports) : new LevelReader(series, this.imports);
      this.readers.set(series, reader);
    }
    return reader;
  }
}

/**
 * Computes what changed slices of its series, and a watermark that moved, change in a derived series. To be called once
 * their own values are computed. Gives the rows to publish; they are in `derived.values` already.
 */
export function computeDerived(derived: DerivedSeries, moment: Moment, levels: LevelReaders): ValueRow[] {
  const rows: ValueRow[] = [];
  for (const due of dueEnds(derived, moment)) {
    const row = rowOf(derived, due, moment, contentAt(derived, due.endMs, moment, levels));
    if (row === null) continue;
    derived.keep(row);
    rows.push(row);
  }
  return rows;
}

/** The window ends to look at, ascending: so each rolling window follows from the one before it. */
function dueEnds(derived: DerivedSeries, { beforeMs, watermarkMs }: Moment): readonly Due[] {
  const dues = new Dues();
  const { window } = derived.definition;
  for (const change of derived.takeChanges()) {
    for (const endMs of derivedEnds(derived, change, watermarkMs)) dues.mark(endMs, change);
    if (window.kind === 'total' || change.startMs === LEVEL_TOTAL_MS || !derived.leafOf(change.series).isGrid) continue;
    for (const endMs of pendingOf(window, change.startMs)) if (endMs > derived.floorMs) derived.pendingEnds.add(endMs);
  }
  for (const due of derived.takeDues()) if (due.endMs > derived.floorMs) dues.follow(due);
  if (watermarkMs !== null && watermarkMs !== beforeMs) {
    for (const endMs of derived.pendingEnds.upTo(watermarkMs))
      for (const each of endsWith(window, endMs)) dues.at(each);
    if (derived.innerWindows.some((inner) => sliceStart(inner, watermarkMs) > (beforeMs ?? -Infinity)))
      for (const endMs of derived.pendingEnds.all()) dues.at(endMs);
  }
  return dues.ascending();
}

function contentAt(derived: DerivedSeries, endMs: number, moment: Moment, levels: LevelReaders): RowContent {
  const { definition } = derived;
  let filling = false;
  const measured: Measured = {
    at(leaf, atMs) {
      const { series } = derived.leaves.find((each) => each.definition.hash === leaf.hash)!;
      const reader = levels.of(series);
      filling ||= isFilling(series, atMs, moment.imports, reader);
      return { ...resultAt(series, atMs, reader), why: null };
    },
    isPast: (timeMs) => moment.watermarkMs !== null && timeMs <= moment.watermarkMs,
  };
  let value: DerivedValue | null = null;
  const compute = (): DerivedValue => (value ??= derivedValue(definition, endMs, measured));
  return {
    required: isDerivedRequired(derived, endMs, moment.watermarkMs),
    get filling() {
      compute();
      return filling;
    },
    result: () => ({ ...compute(), exact: null, windowStartMs: windowStart(definition.window, endMs) }),
  };
}
