/** An HTTP client that posts events with ids of its own until it is told to stop, and remembers which were accepted. */
export class KillClient {
  /** Ids that were answered 202. */
  readonly accepted = new Set<string>();
  /** Events made so far: each is posted until it is accepted. */
  made = 0;
  private url: string | null = null;
  private stopped = false;
  private readonly ended: Promise<void>;

  constructor() {
    this.ended = this.run();
  }

  /** Where to post; null while nothing listens. */
  aim(url: string | null): void {
    this.url = url;
  }

  /** Posts what is left, then ends. */
  async finish(): Promise<void> {
    this.stopped = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const batch = Array.from({ length: BATCH_EVENTS }, () => eventOf(this.made++));
      while (!(await this.post(batch))) await pause(20);
      await pause(5);
    }
  }

  private async post(batch: readonly ReturnType<typeof eventOf>[]): Promise<boolean> {
    if (this.url === null) return false;
    try {
      const response = await fetch(`${this.url}/v1/events?workflow=helpdesk`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(batch),
        signal: AbortSignal.timeout(10_000),
      });
      await response.arrayBuffer();
      if (response.status !== 202) return false;
      for (const { id } of batch) this.accepted.add(id);
      return true;
    } catch {
      // Killed in between: whether the events were taken is unknown, so they go again.
      return false;
    }
  }
}

const BATCH_EVENTS = 10;
const FIRST_MS = Date.parse('2012-03-01T00:00:00Z');

/** Event number `i`: cases of five events each, all in 2012 like the imported ones. */
export function eventOf(i: number): {
  readonly case: string;
  readonly activity: string;
  readonly time: string;
  readonly id: string;
  readonly dimensions: { readonly service_level: string };
} {
  const nth = Math.floor(i / 100) % 5;
  const number = Math.floor(i / 500) * 100 + (i % 100);
  return {
    case: `live ${number}`,
    activity: ['Take in charge ticket', 'Wait', 'Wait', 'Resolve ticket', 'Closed'][nth]!,
    time: new Date(FIRST_MS + number * 3_600_000 + nth * 600_000).toISOString(),
    id: `live event ${i}`,
    dimensions: { service_level: `Value ${number % 3}` },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
