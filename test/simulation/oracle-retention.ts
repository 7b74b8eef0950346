// What is left of the events where the past is cut off, written anew from docs/catalogue.md. Imports nothing from services/.
import { type OracleEvent, standing } from './oracle.ts';

/** What one partition of [events.sim] holds, in the order of its log. */
export type Happening =
  | { readonly kind: 'event'; readonly event: OracleEvent }
  | { readonly kind: 'cut'; readonly lateMs: number; readonly frozenMs: number };

export interface Kept {
  /** Events that counted, in the order of the log; a case that expired and came again is another case. */
  readonly events: readonly OracleEvent[];
  /** Those that were too late, each time they came. */
  readonly late: number;
  /** Ids of the events of cases that have not expired. */
  readonly living: readonly string[];
  /** How many cases expired. */
  readonly expired: number;
  /** What begins before this changes no more. */
  readonly frozenMs: number;
}

interface Life {
  readonly number: number;
  readonly events: OracleEvent[];
}

/** Goes through a partition; `kpis`: those in force, which may wait for something. */
export function keptOf(happenings: readonly Happening[], kpis: ReadonlySet<string>, periodMs: number): Kept {
  const lives = new Map<string, Life>();
  const events: OracleEvent[] = [];
  let [lateMs, frozenMs, late, expired] = [-Infinity, -Infinity, 0, 0];
  const period = (ms: number): number => Math.floor(ms / periodMs);
  for (const happening of happenings) {
    if (happening.kind === 'event') {
      const { event } = happening;
      if (event.timeMs < lateMs) {
        late++;
        continue;
      }
      const life = lives.get(event.caseId) ?? { number: 0, events: [] };
      lives.set(event.caseId, life);
      if (life.events.some(({ id }) => id === event.id)) continue;
      life.events.push(event);
      events.push(life.number === 0 ? event : { ...event, caseId: `${event.caseId}, life ${life.number}` });
      continue;
    }
    lateMs = Math.max(lateMs, happening.lateMs);
    frozenMs = Math.max(frozenMs, happening.frozenMs);
    for (const [caseId, life] of lives) {
      const ended = life.events.every(({ timeMs }) => period(timeMs) < period(frozenMs));
      if (life.events.length === 0 || !ended || isOpen(life.events, kpis)) continue;
      lives.set(caseId, { number: life.number + 1, events: [] });
      expired++;
    }
  }
  const living = [...lives.values()].flatMap((life) => life.events.map(({ id }) => id));
  return { events, late, living, expired, frozenMs };
}

/** Whether one of the KPIs that may be told here waits for an event of the case. */
function isOpen(events: readonly OracleEvent[], kpis: ReadonlySet<string>): boolean {
  const steps = standing(events).filter(({ activity }) => activity === 'open' || activity === 'close');
  const entered = steps.findIndex(({ activity }) => activity === 'open');
  if (entered < 0) return false;
  const isFirstOpen = !steps.slice(entered).some(({ activity }) => activity === 'close');
  if (isFirstOpen && ['open', 'resolution', 'in_time'].some((kpi) => kpis.has(kpi))) return true;
  if (kpis.has('open_worth') && steps.at(-1)!.activity === 'open') return true;
  if (!kpis.has('waits')) return false;
  let waiting = 0;
  for (const { activity } of steps) waiting = activity === 'open' ? waiting + 1 : Math.max(0, waiting - 1);
  return waiting > 0;
}
