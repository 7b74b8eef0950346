import { movingResult } from '../../shared/core/aggregate/moving.ts';
import type { Result } from '../../shared/core/aggregate/result.ts';
import { windowStart } from '../../shared/core/window/window.ts';
import type { OpenImports, Series } from './series.ts';

/** Windows of a KPI that moves with time, read from all of its slices before their ends. */
export class MovingReader {
  private readonly series: Series;
  /** Of the slices that an open import touches the first one's start. */
  private readonly fillingFromMs: number;

  constructor(series: Series, imports: OpenImports) {
    this.series = series;
    const filling = series.mayBeInImport(imports)
      ? series.starts().find((startMs) => series.inImport(startMs, imports))
      : undefined;
    this.fillingFromMs = filling ?? Infinity;
  }

  /** The window that ends at `endMs`, where a slice ends. */
  resultAt(endMs: number): Result {
    const { definition } = this.series;
    const startMs = windowStart(definition.window, endMs);
    const [before, upTo] = [this.series.levelBefore(startMs), this.series.levelUpTo(endMs)];
    return movingResult(definition, { startMs, endMs, before, upTo });
  }

  /** Whether an open import touches what the window is made of. */
  isFilling(endMs: number): boolean {
    return this.fillingFromMs < endMs;
  }
}
