// When somebody is at the desk, for the alert oracle, one minute after the other. Imports nothing from services/.

const MINUTE_MS = 60_000;
/** In minutes of the UTC day. */
const HOURS = [
  [10, 120],
  [150, 1386],
  [1389, 1411],
] as const;

/** Whether somebody is there in the minute before a time. */
export function atDeskBefore(timeMs: number): boolean {
  const minute = (timeMs / MINUTE_MS - 1) % 1440;
  return HOURS.some(([from, to]) => minute >= from && minute < to);
}

/** How long somebody was there between two whole minutes. */
export function deskMs(fromMs: number, toMs: number): number {
  let sumMs = 0;
  for (let ms = fromMs + MINUTE_MS; ms <= toMs; ms += MINUTE_MS) if (atDeskBefore(ms)) sumMs += MINUTE_MS;
  return sumMs;
}
