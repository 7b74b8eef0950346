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
    SELECT concat(workflow, '/', toString(partition)) AS place, offset FROM events
    UNION ALL SELECT source AS place, version AS offset FROM slices
  ) GROUP BY place`,
  roll: 'SELECT toString(label_partition) AS place, max(version) + 1 AS end FROM `values` GROUP BY place',
  alert: `SELECT toString(place) AS place, max(version) + 1 AS end FROM (
    SELECT label_partition AS place, version FROM instances
    UNION ALL SELECT label_partition AS place, bitNot(inverted_version) AS version FROM firsts
    UNION ALL SELECT partition AS place, version FROM transitions
  ) GROUP BY place`,
  notify: "SELECT '0' AS place, max(version) + 1 AS end FROM notifications HAVING count() > 0",
  letters: "SELECT '0' AS place, max(version) + 1 AS end FROM dead_letters HAVING count() > 0",
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
  // The partition is part of this table's key: the old rows have to go.
  await transport.command(
    `INSERT INTO events SELECT * REPLACE (${of('case_id')} AS partition) FROM events FINAL WHERE partition != ${of('case_id')}`,
  );
  await transport.command(`ALTER TABLE events DELETE WHERE partition != ${of('case_id')} ${SYNC}`);
  for (const [table, column, key] of MOVED) {
    const name = `\`${table}\``;
    await transport.command(
      `INSERT INTO ${name} SELECT * REPLACE (${of(key)} AS ${column}) FROM ${name} FINAL WHERE ${column} != ${of(key)}`,
    );
  }
  // They are computed again, every one; and the filters of stored cases are of other partitions.
  await transport.command('TRUNCATE TABLE slices');
  await transport.command(`ALTER TABLE positions DELETE WHERE stage = 'case-filter' ${SYNC}`);
}

/** Tables whose rows name the partition of their key beside it. */
const MOVED = [
  ['cases', 'partition', 'case_id'],
  ['values', 'label_partition', 'labels'],
  ['instances', 'label_partition', 'labels'],
  ['firsts', 'label_partition', 'labels'],
  ['transitions', 'partition', 'labels'],
] as const;
