import type { VNode } from 'preact';
import type { HistoryPoint } from '../../shared/core/screen/wall-message.ts';

const WIDTH = 100;
const HEIGHT = 40;
/** The target is drawn where it does not flatten the line: the range grows at most by this factor for it. */
const RANGE_GROWTH_MAX = 3;

interface Scale {
  x(ms: number): number;
  y(value: number): number;
  readonly showsTarget: boolean;
}

/** The little history of a tile: decoration, so it has no text; the page of the KPI has the numbers. */
export function Sparkline({
  points,
  target,
}: {
  readonly points: readonly HistoryPoint[];
  readonly target: number | null;
}): VNode | null {
  const scale = scaleOf(points, target);
  if (scale === null) return null;
  const lines = partsOf(points).map((part) => part.map(([ms, value]) => `${scale.x(ms)} ${scale.y(value)}`));
  const area = partsOf(points).map((part, i) => {
    const firstX = scale.x(part[0]![0]);
    const lastX = scale.x(part[part.length - 1]![0]);
    return `M${firstX} ${HEIGHT} L${lines[i]!.join(' L')} L${lastX} ${HEIGHT} Z`;
  });
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="sparkline-area" d={area.join(' ')} />
      <path class="sparkline-line" d={lines.map((line) => `M${line.join(' L')}`).join(' ')} />
      {scale.showsTarget && target !== null ? (
        <path class="sparkline-target" d={`M0 ${scale.y(target)} L${WIDTH} ${scale.y(target)}`} />
      ) : null}
    </svg>
  );
}

/** Bars of a calendar window's little history. */
const BARS_MAX = 24;
/** Places for bars at least: few stand at the right, where now is. */
const BARS_MIN = 8;
const BAR_SHARE = 0.72;

/** The little history of a calendar window: a bar each from zero; the last one, which is not over, is drawn open. */
export function Bars({
  points,
  target,
}: {
  readonly points: readonly HistoryPoint[];
  readonly target: number | null;
}): VNode | null {
  const shown = points.slice(-BARS_MAX);
  const values = shown.map(([, value]) => Math.max(0, value === null ? 0 : value));
  const highest = Math.max(...values, 0);
  if (shown.length < 2 || highest === 0) return null;
  const showsTarget = target !== null && target > 0 && target <= highest * RANGE_GROWTH_MAX;
  const top = showsTarget ? Math.max(highest, target) : highest;
  const places = Math.max(shown.length, BARS_MIN);
  const step = WIDTH / places;
  const y = (value: number): number => HEIGHT - (value / top) * (HEIGHT - 2);
  const bar = (value: number, index: number): string => {
    const x = (places - shown.length + index) * step + (step * (1 - BAR_SHARE)) / 2;
    return `M${x} ${HEIGHT}V${y(value)}h${step * BAR_SHARE}V${HEIGHT}z`;
  };
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="bars" d={values.slice(0, -1).map(bar).join('')} />
      <path class="bars bars-open" d={bar(values[values.length - 1]!, values.length - 1)} />
      {showsTarget ? <path class="sparkline-target" d={`M0 ${y(target)}H${WIDTH}`} /> : null}
    </svg>
  );
}

/** The stretches without a gap; a window without a value is one. */
function partsOf(points: readonly HistoryPoint[]): (readonly [number, number])[][] {
  const parts: (readonly [number, number])[][] = [[]];
  for (const [ms, value] of points) {
    if (value === null) parts.push([]);
    else parts[parts.length - 1]!.push([ms, value]);
  }
  return parts.filter((part) => part.length > 1);
}

function scaleOf(points: readonly HistoryPoint[], target: number | null): Scale | null {
  const values = points.map(([, value]) => value).filter((value): value is number => value !== null);
  if (values.length < 2) return null;
  let low = Math.min(...values);
  let high = Math.max(...values);
  const range = high - low || Math.abs(high) || 1;
  const grown = target === null ? Infinity : Math.max(high, target) - Math.min(low, target);
  const showsTarget = target !== null && grown <= range * RANGE_GROWTH_MAX;
  if (showsTarget) {
    low = Math.min(low, target);
    high = Math.max(high, target);
  }
  const span = high - low || range;
  const firstMs = points[0]![0];
  const spanMs = points[points.length - 1]![0] - firstMs || 1;
  const round = (n: number): number => Math.round(n * 100) / 100;
  return {
    x: (ms) => round(((ms - firstMs) / spanMs) * WIDTH),
    // Room above and below for the width of the line.
    y: (value) => round(HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4)),
    showsTarget,
  };
}
