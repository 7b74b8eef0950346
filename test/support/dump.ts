import { createHash } from 'node:crypto';
import { startServer, statusOf, until } from './takt-process.ts';

/** What "identical" compares: sorted lines by name. */
export interface Dump {
  readonly events: readonly string[];
  readonly cases: readonly string[];
  readonly history: readonly string[];
  /** Level KPIs as GET /v1/values gives them, by instant. */
  readonly levels: readonly string[];
}

const QUERIES = {
  events: "SELECT * EXCEPT (partition, append_ms, offset, version) FROM events FINAL WHERE workflow != 'takt'",
  cases: "SELECT * EXCEPT (partition, version) FROM cases FINAL WHERE workflow != 'takt'",
  history: 'SELECT * EXCEPT (revision, reason) FROM kpi_history WHERE samples > 0',
} as const;

/** Any time after the data: with the watermarks past it, every window of the data has ended. */
const AFTER_DATA_MS = Date.parse('2020-01-01T00:00:00Z');

/** Starts takt on a data directory, waits until all watermarks are past the data, reads everything and stops it. */
export async function dump(data: string, args: readonly string[], levels: LevelQuestions): Promise<Dump> {
  const server = await startServer(data, args);
  try {
    await atRest(server.url);
    return await dumpOf(server.url, levels);
  } finally {
    await server.stop();
  }
}

/** As `dump`, and says on the test's output what came of it. */
export async function saidDump(name: string, ...[data, args, levels]: Parameters<typeof dump>): Promise<Dump> {
  const result = await dump(data, args, levels);
  process.stdout.write(`${name}: ${summaryOf(result)}\n`);
  return result;
}

/** Reads everything from a takt at rest. */
export async function dumpOf(url: string, levels: LevelQuestions): Promise<Dump> {
  const lines = (sql: string): Promise<string[]> => linesOf(url, sql);
  const answers: string[] = [];
  for (const instant of levels.instants) {
    const response = await fetch(`${url}/v1/values?kpi=${levels.kpi}&at=${instant}`);
    const { rows } = (await response.json()) as { rows: LevelRow[] };
    for (const { labels, value } of rows)
      if (value !== 0) answers.push(`${instant} ${JSON.stringify(labels)} ${value}`);
  }
  return {
    events: await lines(QUERIES.events),
    cases: await lines(QUERIES.cases),
    history: await lines(`${QUERIES.history} AND kpi != '${levels.kpi}'`),
    levels: answers.sort(),
  };
}

/** A level KPI and the instants at which it is read. */
export interface LevelQuestions {
  readonly kpi: string;
  readonly instants: readonly string[];
}

interface LevelRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The rows of a statement as JSON, sorted. */
export async function linesOf(url: string, sql: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql, format: 'JSONEachRow' }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Everything read, stored, and every watermark past the data, also those that roll has heard of. */
export async function atRest(url: string): Promise<void> {
  await until(async () => {
    const tasks = await statusOf(url);
    return tasks.every(
      ({ stage, nextOffset, endOffset, lag, unstored, watermarkMs }) =>
        // What notify reads has no watermark.
        (lag ?? endOffset - nextOffset) === 0 &&
        unstored === 0 &&
        (stage === 'notify' || (watermarkMs ?? 0) > AFTER_DATA_MS),
    );
  });
}

/** The sizes and fingerprints of a dump, for the reader of a test's output. */
export function summaryOf({ events, cases, history, levels }: Dump): string {
  const print = (lines: readonly string[]): string =>
    `${lines.length} rows ${createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 8)}`;
  return `events ${print(events)}, cases ${print(cases)}, kpi_history ${print(history)}, levels ${print(levels)}`;
}
