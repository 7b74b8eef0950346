import type { ValueRow } from '../../shared/ports/kpi-rows.ts';

/** Windows kept of a series: its little history on a tile. */
export const POINTS_MAX = 90;
/** Series kept of a KPI; beyond, the one that changed longest ago leaves. */
export const SERIES_MAX = 2_000;

/** One window of a series. */
export interface LivePoint {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly value: number | null;
  readonly samples: number;
  readonly state: ValueRow['state'];
  readonly withdrawn: boolean;
  readonly version: bigint;
  /** When it was published; null for what was read from the store. */
  readonly changedMs: number | null;
}

/** The last windows of one series, oldest first. */
export interface LiveSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly LivePoint[];
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: LivePoint[];
}

/** The last windows of every series of one KPI. Of one window the highest version counts. */
export class SeriesMemory {
  private readonly series = new Map<string, Series>();
  /** How many series left because there were too many. */
  evicted = 0;

  /** Takes a window of the series with this canonical key; gives whether anything changed. */
  put(key: string, labels: Readonly<Record<string, string>>, point: LivePoint): boolean {
    const series = this.series.get(key) ?? { labels, points: [] };
    if (!insert(series.points, point)) return false;
    this.series.delete(key);
    this.series.set(key, series);
    const oldest = this.series.keys().next();
    if (this.series.size > SERIES_MAX && oldest.done !== true) {
      this.series.delete(oldest.value);
      this.evicted++;
    }
    return true;
  }

  /** All series, without the windows that no longer stand; one without any is left out. */
  all(): LiveSeries[] {
    const all: LiveSeries[] = [];
    for (const { labels, points } of this.series.values()) {
      const standing = points.filter(({ withdrawn }) => !withdrawn);
      if (standing.length > 0) all.push({ labels, points: standing });
    }
    return all;
  }
}

/**
 * Puts a point at its place; false where it says nothing: a newer version of its window is known, it is older than all
 * that are kept, or it withdraws a window that is not known (such windows lie in the time to come too, many at once).
 */
function insert(points: LivePoint[], point: LivePoint): boolean {
  let at = points.length;
  while (at > 0 && points[at - 1]!.windowEndMs > point.windowEndMs) at--;
  const known = points[at - 1];
  if (known !== undefined && known.windowEndMs === point.windowEndMs) {
    if (known.version >= point.version) return false;
    points[at - 1] = point;
    return true;
  }
  if (point.withdrawn || (at === 0 && points.length >= POINTS_MAX)) return false;
  points.splice(at, 0, point);
  if (points.length > POINTS_MAX) {
    // One that no longer stands leaves before any that does.
    const gone = points.findIndex(({ withdrawn }) => withdrawn);
    points.splice(Math.max(0, gone), 1);
  }
  return true;
}
