import { TaktError } from '../../../core/errors.ts';
import { ARCHIVE_PERIOD_MS } from '../../../core/retention.ts';
import type { ClickHouseTransport } from './transport.ts';

/** By place of a stage (`workflow/partition`, a partition): one more than the last record that any of its rows holds. */
export interface RowEnds {
  readonly aggregate: ReadonlyMap<string, number>;
  readonly roll: ReadonlyMap<string, number>;
  readonly alert: ReadonlyMap<string, number>;
  readonly notify: ReadonlyMap<string, number>;
  readonly letters: ReadonlyMap<string, number>;
}

/** Versions are offsets: see core/version.ts. */
const ENDS: Readonly<Record<keyof RowEnds, string>> = {
  aggregate: `SELECT place, max(offset) + 1 AS end FROM (
    SELECT concat(workflow, '/', toString(partition)) AS place, offset FROM event_archive
    UNION ALL SELECT source AS place, version AS offset FROM slices
  ) GROUP BY place`,
  roll: 'SELECT toString(label_partition) AS place, max(version) + 1 AS end FROM `values` GROUP BY place',
  alert: `SELECT toString(place) AS place, max(version) + 1 AS end FROM (
    SELECT label_partition AS place, version FROM instances
    UNION ALL SELECT label_partition AS place, bitNot(inverted_version) AS version FROM firsts
    UNION ALL SELECT partition AS place, version FROM transitions
  ) GROUP BY place`,
  notify: "SELECT '0' AS place, max(version) + 1 AS end FROM notifications HAVING count() > 0",
  letters: `SELECT '0' AS place, max(version) + 1 AS end FROM (
    SELECT version FROM dead_letters UNION ALL SELECT version FROM redrives
  ) HAVING count() > 0`,
};

/** Where the rows of each stage end. */
export async function rowEnds(transport: ClickHouseTransport): Promise<RowEnds> {
  const ends: Record<string, ReadonlyMap<string, number>> = {};
  for (const [stage, sql] of Object.entries(ENDS)) {
    const rows = await transport.rows<{ readonly place: string; readonly end: string }>(sql, {});
    ends[stage] = new Map(rows.map(({ place, end }) => [place, Number(end)]));
  }
  return ends as unknown as RowEnds;
}

/** Values of windows that a roll stored ahead of its position: what they are made of may be lost, and comes again. */
export async function dropValuesAhead(
  transport: ClickHouseTransport,
  partition: number,
  fromOffset: number,
): Promise<void> {
  await transport.command(
    `ALTER TABLE \`values\` DELETE WHERE label_partition = ${Math.trunc(partition)} AND version >= ${Math.trunc(fromOffset)} ${SYNC}`,
  );
}

/** Until it is done, on all replicas. */
const SYNC = 'SETTINGS mutations_sync = 2';

/**
 * Puts rows where their keys belong among `partitions`. Safe to repeat. ClickHouse's kafkaMurmurHash is the function of
 * core/partition.ts, without its highest bit (test/contract/epoch-rows.test.ts holds them equal).
 */
export async function repartition(transport: ClickHouseTransport, partitions: number): Promise<void> {
  const of = (key: string): string => `toUInt16(kafkaMurmurHash(${key}) % ${Math.trunc(partitions)})`;
  await retainRest(transport);
  for (const table of ['events', 'retained_events']) await repartitionEvents(transport, table, of('case_id'));
  for (const [table, column, key] of MOVED) {
    const name = `\`${table}\``;
    await transport.command(`INSERT INTO ${name} ${misplaced(name, column, of(key))}`);
  }
  // They are computed again, every one; and the filters of stored cases are of other partitions.
  await transport.command('TRUNCATE TABLE slices');
  await transport.command(`ALTER TABLE positions DELETE WHERE stage = 'case-filter' ${SYNC}`);
}

/** The rows that stand in another partition than `wanted`, moved to it. In one query level, WHERE would see the new value. */
function misplaced(table: string, column: string, wanted: string): string {
  return `SELECT * REPLACE (${wanted} AS ${column}) FROM (SELECT * FROM ${table} FINAL WHERE ${column} != ${wanted})`;
}

/**
 * Where some partitions of a workflow have cut the past off and others have not yet, cases of both meet in the new ones, which
 * read events with a period only: those of the others get the present one.
 */
async function retainRest(transport: ClickHouseTransport): Promise<void> {
  const now = `intDiv(greatest(time_ms, toUnixTimestamp64Milli(now64(3))), ${ARCHIVE_PERIOD_MS})`;
  const uncut = `SELECT topic, partition FROM positions FINAL WHERE stage = 'aggregate' AND NOT JSONHas(content, 'cut')`;
  await transport.command(
    `INSERT INTO retained_events SELECT *, ${now} FROM events FINAL
    WHERE workflow IN (SELECT workflow FROM retained_events) AND (concat('events.', workflow), partition) IN (${uncut})`,
  );
}

/** The partition is part of this table's key: the old rows have to go, once all of them are in their new places. */
async function repartitionEvents(transport: ClickHouseTransport, table: string, wanted: string): Promise<void> {
  await transport.command(`INSERT INTO ${table} ${misplaced(table, 'partition', wanted)}`);
  const event = 'cityHash64(workflow, case_id, id)';
  const sql = `SELECT count() AS n FROM ${table} WHERE partition != ${wanted} AND ${event} NOT IN (SELECT ${event} FROM ${table} WHERE partition = ${wanted})`;
  const [row] = await transport.rows<{ readonly n: string }>(sql, {});
  if (Number(row?.n) !== 0)
    throw new TaktError(
      'STORE_FAILED',
      `${row?.n} archived events are not in the partition of their case yet; nothing was removed. Run this again.`,
    );
  await transport.command(`ALTER TABLE ${table} DELETE WHERE partition != ${wanted} ${SYNC}`);
}

/** Tables whose rows name the partition of their key beside it. */
const MOVED = [
  ['cases', 'partition', 'case_id'],
  ['values', 'label_partition', 'labels'],
  ['instances', 'label_partition', 'labels'],
  ['firsts', 'label_partition', 'labels'],
  ['transitions', 'partition', 'labels'],
] as const;
