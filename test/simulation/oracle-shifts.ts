// The shifts of simulation.yaml, day by day. Imports nothing from services/.

interface Shift {
  readonly startMs: number;
  readonly endMs: number;
}

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** From and to in minutes of the UTC day: one after another, then with gaps, and one over midnight. */
const CREW = [
  [1375, 1382],
  [1382, 1384],
  [1385, 1389],
  [1390, 1470],
] as const;

/** Which of them each KPI counts. */
export const SHIFTS: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  by_shift: CREW,
  some_shifts: [CREW[1], CREW[3]],
  shift_so_far: CREW,
};

/** The shifts of a KPI on the days around a time, in order. */
function around(kpi: string, timeMs: number): Shift[] {
  const today = Math.floor(timeMs / DAY) * DAY;
  return [-1, 0, 1].flatMap((day) =>
    SHIFTS[kpi]!.map(([from, to]) => ({
      startMs: today + day * DAY + from * MINUTE,
      endMs: today + day * DAY + to * MINUTE,
    })),
  );
}

/** The shift in which something at this time counts; null: in none. */
export function shiftAt(kpi: string, timeMs: number): Shift | null {
  return around(kpi, timeMs).find(({ startMs, endMs }) => startMs <= timeMs && timeMs < endMs) ?? null;
}

/** The shift that ended last at this time. */
export function shiftBefore(kpi: string, timeMs: number): Shift {
  return around(kpi, timeMs).findLast(({ endMs }) => endMs <= timeMs)!;
}

/** A shift so far is told every two minutes, and where it ends. */
const STEP = 2 * MINUTE;

function stepAfter(timeMs: number, { endMs }: Shift): number {
  return Math.min((Math.floor(timeMs / STEP) + 1) * STEP, endMs);
}

/** Where something at this time is told first, and where the shift after it is, if that has begun; none between shifts. */
export function soFarEnds(kpi: string, timeMs: number, reachedMs: number): number[] {
  const shift = shiftAt(kpi, timeMs);
  if (shift === null) return [];
  const next = around(kpi, timeMs).find(({ startMs }) => startMs >= shift.endMs)!;
  const begun = reachedMs >= next.startMs ? [stepAfter(next.startMs, next)] : [];
  return [stepAfter(timeMs, shift), ...begun];
}

/** What was told last at this time of a shift so far. */
export function soFarBefore(kpi: string, timeMs: number): Shift {
  const shift = around(kpi, timeMs).findLast(({ startMs }) => startMs < timeMs)!;
  const endMs = timeMs >= shift.endMs ? shift.endMs : Math.floor(timeMs / STEP) * STEP;
  return endMs > shift.startMs ? { startMs: shift.startMs, endMs } : shiftBefore(kpi, shift.startMs);
}
