import { join } from 'node:path';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { LmdbLog } from '../../services/shared/adapters/log/lmdb/lmdb-log.ts';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { offsetOf } from '../../services/shared/core/version.ts';

/** How far the log and the stored positions of a topic are, by partition. */
export interface Offsets {
  readonly end: readonly number[];
  /** Offset of the last stored record; -1 before any. */
  readonly stored: readonly number[];
}

const LOG_LIMIT_BYTES = 4 * 1024 ** 3;

/** Reads the offsets of a topic from a data directory that no process has open. */
export async function offsetsOf(
  data: string,
  topic: string,
  partitions: number,
  stage = 'aggregate',
): Promise<Offsets> {
  const clock = new SystemClock();
  const log = await LmdbLog.open({ path: join(data, 'log'), clock, limitBytes: LOG_LIMIT_BYTES });
  const transport = await ChdbTransport.open(join(data, 'store'));
  const store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
  try {
    const end: number[] = [];
    const stored: number[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      end.push(await log.endOffset(topic, partition));
      const position = await store.position(stage, topic, partition);
      stored.push(position === null ? -1 : offsetOf(position.version));
    }
    return { end, stored };
  } finally {
    await log.close();
    await store.close();
  }
}
