import { eventsTopic } from '../../shared/runtime/topics.ts';
import type { VerifySource } from '../../shared/runtime/verify/verify-source.ts';
import type { StatusReport } from '../wiring.ts';

/** How a check reaches the takt whose values it compares. */
export interface VerifyWays {
  /** Runs a read-only statement; gives its result as text in a ClickHouse format. */
  readonly query: (sql: string, format: string) => Promise<Uint8Array>;
  readonly status: () => Promise<StatusReport>;
  /** Resolves when all that the log holds now is stored. */
  readonly settled: () => Promise<void>;
}

/** What a check asks, by these ways. */
export function verifySource({ query, status, settled }: VerifyWays): VerifySource {
  return {
    async rows<Row>(sql: string) {
      const text = Buffer.from(await query(sql, 'JSONEachRow')).toString('utf8');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Row);
    },
    settled,
    async watermark(workflow) {
      const topic = eventsTopic(workflow);
      const { tasks } = await status();
      const sources = tasks.filter((task) => task.stage === 'aggregate' && task.topic === topic);
      const lowest = Math.min(...sources.map(({ watermarkMs }) => watermarkMs ?? -Infinity));
      return Number.isFinite(lowest) ? lowest : null;
    },
  };
}
