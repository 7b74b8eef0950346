import { writeFileSync } from 'node:fs';
import { linesOf } from '../support/dump.ts';
import { until } from '../support/takt-process.ts';
import { LocalCluster, type Service } from './local-cluster.ts';

const BATCH_EVENTS = 50;
const SENDERS = 3;
const PAUSE_MS = 20;
export const SERVICES: readonly Service[] = ['ingest', 'processor', 'alerter', 'wallboard', 'scheduler'];

/** Two counts of one kind of event, which must always agree. */
const CATALOGUE = `version: 1
timezone: UTC
workflows:
  line: { activities: [made], dimensions: [station] }
kpis:
  made:
    name: Made
    workflow: line
    measure: { event: made }
    aggregate: count
    window: total
  made_by_station:
    name: Made by station
    workflow: line
    measure: { event: made }
    aggregate: count
    by: [station]
    window: total
`;
const SUMS = "SELECT kpi, sum(value) AS n FROM kpi_current WHERE kpi LIKE 'made%' GROUP BY kpi ORDER BY kpi";

const ARCHIVED = "SELECT id FROM events FINAL WHERE workflow = 'line'";

/** A cluster with all services, over a workflow that counts. `run: false`: with none of them yet. */
export async function lineCluster(
  path: string,
  options: { readonly proxied?: boolean; readonly registry?: boolean; readonly run?: boolean } = {},
): Promise<LocalCluster> {
  const catalogue = `${path}/catalogue.yaml`;
  writeFileSync(catalogue, CATALOGUE);
  const cluster = await LocalCluster.start({ folder: `${path}/cluster`, catalogue: [catalogue], ...options });
  if (options.run === false) return cluster;
  for (const service of SERVICES) await cluster.run(service);
  await cluster.ready();
  return cluster;
}

/** Sends events until told to stop; each batch again until it is acknowledged. */
export class Load {
  readonly acknowledged: string[] = [];
  refused = 0;
  private stopping = false;
  private readonly sending: Promise<unknown>;

  /** `name`: what the ids begin with. */
  constructor(url: string, name: string) {
    this.sending = Promise.all(Array.from({ length: SENDERS }, (_, sender) => this.send(url, `${name}-${sender}`)));
  }

  private async send(url: string, sender: string): Promise<void> {
    for (let batch = 0; !this.stopping; batch++) {
      const ids = Array.from({ length: BATCH_EVENTS }, (_, i) => `${sender}-${batch}-${i}`);
      const time = new Date().toISOString();
      const items = ids.map((id, i) => ({
        case: id,
        activity: 'made',
        time,
        id,
        dimensions: { station: `s${i % 4}` },
      }));
      if (await this.deliver(url, JSON.stringify(items))) this.acknowledged.push(...ids);
      await sleep(PAUSE_MS);
    }
  }

  /** Again until it is taken; false when it stops before. */
  private async deliver(url: string, body: string): Promise<boolean> {
    const headers = { 'content-type': 'application/json' };
    while (!this.stopping || this.refused === 0) {
      const answer = await fetch(`${url}/v1/events?workflow=line`, { method: 'POST', headers, body }).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.status === 202) return true;
      this.refused++;
      await sleep(PAUSE_MS * 5);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.sending;
  }
}

/** What a cluster has of the events, and what it should have. */
export interface Counted {
  readonly made: number;
  readonly byStation: number;
  readonly archived: readonly string[];
}

/** Waits until at least all that was acknowledged is counted, then tells what there is. */
export async function counted(cluster: LocalCluster, acknowledged: readonly string[]): Promise<Counted> {
  const { url } = cluster.services.get('wallboard')!;
  const ask = async <Row>(sql: string): Promise<Row[]> =>
    (await linesOf(url, sql)).map((line) => JSON.parse(line) as Row);
  let rows: readonly { readonly kpi: string; readonly n: number }[] = [];
  await until(async () => {
    rows = await ask(SUMS);
    return rows.length === 2 && rows.every(({ n }) => n >= acknowledged.length);
  }, 500);
  // Values come first: aggregate publishes every few milliseconds, and stores every second.
  let archived: readonly { readonly id: string }[] = [];
  await until(async () => {
    archived = await ask(ARCHIVED);
    return archived.length >= acknowledged.length;
  }, 500);
  const [made, byStation] = rows.map(({ n }) => n);
  return { made: made!, byStation: byStation!, archived: archived.map(({ id }) => id).sort() };
}

/** What `counted` gives where every event is counted once. */
export function once(ids: readonly string[]): Counted {
  return { made: ids.length, byStation: ids.length, archived: ids.toSorted() };
}

/** Pauses so long, milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
