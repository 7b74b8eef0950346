import uPlot from 'uplot';
import type { KpiFace } from '../../shared/core/screen/wall-message.ts';
import { formatDay, formatTime } from './format.ts';
import type { Language } from './language.ts';

/** The values of one series, oldest first. */
export interface HistoryLine {
  readonly label: string;
  readonly points: readonly (readonly [endMs: number, value: number | null])[];
}

/** Colours that tell lines apart, also for those who see few: from light to dark and by hue. */
const COLOURS = ['#5aa9ff', '#ffc233', '#45d483', '#e48bff', '#ff8f6b', '#9fe8e0'];
const SOFT = '#b3bfcc';
const GRID = '#273342';
const HEIGHT_PX = 360;

/** What a chart is labelled with. */
export interface ChartWords {
  readonly time: string;
  readonly target: string;
  readonly baseline: string;
  readonly timezone: string;
  readonly language: Language;
}

/** Draws the lines with target and baseline into `place`; gives what removes the chart. */
export function drawHistory(
  place: HTMLElement,
  lines: readonly HistoryLine[],
  face: KpiFace,
  words: ChartWords,
): () => void {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(([endMs]) => endMs)))].sort((a, b) => a - b);
  const limits = [
    { label: words.target, value: face.target },
    { label: words.baseline, value: face.baseline },
  ].filter((limit): limit is { label: string; value: number } => limit.value !== null);
  const factor = face.percent ? 100 : 1;
  const scaled = (value: number | null): number | null => (value === null ? null : value * factor);
  const data = [
    times.map((ms) => ms / 1000),
    ...lines.map(({ points }) => carried(times, points).map(scaled)),
    ...limits.map(({ value }) => times.map(() => value * factor)),
  ] as uPlot.AlignedData;
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT_PX,
      series: [
        { label: words.time },
        ...lines.map(({ label }, index) => ({
          label,
          stroke: COLOURS[index % COLOURS.length]!,
          width: 2,
          points: { show: times.length < 40 },
        })),
        ...limits.map(({ label }, index) => ({
          label,
          stroke: SOFT,
          width: 1.5,
          dash: index === 0 ? [8, 6] : [2, 5],
          points: { show: false },
        })),
      ],
      axes: [{ ...AXIS, values: (_chart, seconds) => timeLabels(seconds, words) }, AXIS],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), words.timezone),
      legend: { live: false },
    },
    data,
    place,
  );
  const resize = (): void => chart.setSize({ width: place.clientWidth, height: HEIGHT_PX });
  addEventListener('resize', resize);
  return () => {
    removeEventListener('resize', resize);
    chart.destroy();
  };
}

const AXIS: uPlot.Axis = {
  stroke: SOFT,
  font: '14px Arial, sans-serif',
  grid: { stroke: GRID, width: 1 },
  ticks: { stroke: GRID, width: 1 },
};

/** The hour; where another day begins, the day. */
function timeLabels(seconds: readonly number[], { timezone, language }: ChartWords): string[] {
  let before = '';
  return seconds.map((each) => {
    const day = formatDay(each * 1000, timezone, language);
    const begins = day !== before;
    before = day;
    return begins ? day : formatTime(each * 1000, each * 1000, timezone, language);
  });
}

/** A row holds until the next one of its series: that is what the line shows between them. */
function carried(times: readonly number[], points: HistoryLine['points']): (number | null)[] {
  let next = 0;
  let value: number | null = null;
  const lastMs = points.length === 0 ? -Infinity : points[points.length - 1]![0];
  return times.map((ms) => {
    while (next < points.length && points[next]![0] <= ms) value = points[next++]![1];
    return ms > lastMs ? null : value;
  });
}
