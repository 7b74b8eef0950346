import { Random } from './random.ts';

/** A time in which something goes wrong. */
export interface Incident {
  readonly startMs: number;
  readonly endMs: number;
}

/** When a kind of incident happens. */
export interface IncidentPlan {
  /** How long after the demonstration's first start it happens for the first time, so that one sees it. */
  readonly first_after_s: number;
  /** After that, and before the first start, once in every span of this length, somewhere in it. */
  readonly every_min: number;
  readonly lasts_s: number;
}

/** Around the first incident that people are to see, nothing else goes wrong for this long. */
const QUIET_MS = 10 * 60_000;

/** The incidents that touch [fromMs, toMs), by time. `name` tells kinds of incidents of one seed apart. */
export function incidentsBetween(
  plan: IncidentPlan,
  name: string,
  seed: number,
  anchorMs: number,
  fromMs: number,
  toMs: number,
): Incident[] {
  const lastsMs = plan.lasts_s * 1_000;
  const everyMs = plan.every_min * 60_000;
  const firstMs = anchorMs + plan.first_after_s * 1_000;
  const incidents = [{ startMs: firstMs, endMs: firstMs + lastsMs }];
  for (let cell = Math.floor((fromMs - lastsMs) / everyMs); cell * everyMs < toMs; cell++) {
    const within = new Random(seed, name, cell).next() * Math.max(0, everyMs - lastsMs);
    const startMs = Math.round(cell * everyMs + within);
    const seen = startMs + lastsMs > anchorMs - QUIET_MS && startMs < firstMs + lastsMs + QUIET_MS;
    if (!seen) incidents.push({ startMs, endMs: startMs + lastsMs });
  }
  return incidents
    .filter(({ startMs, endMs }) => endMs > fromMs && startMs < toMs)
    .sort((a, b) => a.startMs - b.startMs);
}

/** Whether one of the incidents goes on at an instant. */
export function isDuring(incidents: readonly Incident[], timeMs: number): boolean {
  return incidents.some(({ startMs, endMs }) => timeMs >= startMs && timeMs < endMs);
}
