import { Random } from '../simulation/random.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Teams with the minutes that they usually need to reply. */
const TEAMS: readonly (readonly [name: string, replyMin: number])[] = [
  ['north', 9],
  ['south', 13],
  ['east', 17],
  ['west', 22],
  ['night shift', 31],
];

/** An event as POST /v1/events takes it. */
export interface SampleEvent {
  readonly workflow: 'helpdesk';
  readonly case: string;
  readonly activity: string;
  readonly time: string;
  readonly id: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The tickets of some days up to `nowMs`, for test/catalogues/wall.yaml: the same for the same seed, in order of time. */
export function wallSample(nowMs: number, days: number, seed = 7): SampleEvent[] {
  const random = new Random(seed);
  const events: (SampleEvent & { readonly atMs: number })[] = [];
  let ticket = 0;
  for (let atMs = nowMs - days * DAY_MS; atMs < nowMs; atMs += MINUTE_MS * (1 + random.next() * 7)) {
    const [team, replyMin] = random.pick(TEAMS);
    const name = `T-${String(++ticket).padStart(5, '0')}`;
    const add = (activity: string, timeMs: number): void => {
      if (timeMs > nowMs) return;
      const time = new Date(Math.floor(timeMs)).toISOString();
      const dimensions = { team, priority: random.pick(['P1', 'P2', 'P3']) };
      const id = `${name}/${activity}`;
      events.push({ workflow: 'helpdesk', case: name, activity, time, id, dimensions, atMs: timeMs });
    };
    const swing = 1 + 0.5 * Math.sin(atMs / (3 * 3_600_000));
    const repliedMs = atMs + MINUTE_MS * replyMin * swing * (0.3 + random.next() * 1.4);
    const resolvedMs = repliedMs + MINUTE_MS * replyMin * 4 * (0.4 + random.next() * 1.6);
    add('opened', atMs);
    add('replied', repliedMs);
    add('resolved', resolvedMs);
    if (random.chance(0.055)) add('reopened', resolvedMs + MINUTE_MS * 20 * random.next());
  }
  return events.sort((a, b) => a.atMs - b.atMs).map(({ atMs: _atMs, ...event }) => event);
}

/** Events that one request may carry. */
const REQUEST_EVENTS_MAX = 1_000;

/** Sends events in their order. Throws with the answer when one is refused. */
export async function postEvents(url: string, events: readonly SampleEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += REQUEST_EVENTS_MAX) {
    const body = JSON.stringify(events.slice(i, i + REQUEST_EVENTS_MAX));
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body });
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  }
}
