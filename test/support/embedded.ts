import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settledBy } from '../../services/cli/commands/settled.ts';
import type { StatusReport } from '../../services/cli/wiring.ts';
import { EventWriter } from '../../services/ingest/event-writer.ts';
import { Processor } from '../../services/processor/processor.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { LmdbLog } from '../../services/shared/adapters/log/lmdb/lmdb-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { loadCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { silentObserver } from './silent-observer.ts';
import { VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';

/** Of a new directory; more than the product's, so that cases and labels meet over partitions. */
const PARTITIONS = 4;
const FEED_BATCH_EVENTS = 2_000;
const LOG_LIMIT_BYTES = 1024 ** 3;

/** takt on LMDB and chDB in this process, without HTTP. */
export interface Embedded {
  readonly store: ClickHouseStore;
  readonly catalogue: Catalogue;
  readonly processor: Processor;
  /** Appends events as one import. */
  importAll(events: readonly WorkflowEvent[]): Promise<void>;
  append(events: readonly WorkflowEvent[]): Promise<void>;
  /** Resolves when everything appended so far is in stored values. */
  settled(): Promise<void>;
  rows<Row>(sql: string): Promise<Row[]>;
  stop(): Promise<void>;
}

/** A new directory for a test, removed by the function beside it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'takt-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens or reopens takt at `path` with a catalogue file. */
export async function openEmbedded(path: string, catalogueFile: string): Promise<Embedded> {
  const clock = new SystemClock();
  const catalogue = await loadCatalogue(catalogueFile, { calendarVersion: 'test' });
  const store = new ClickHouseStore({
    transport: await ChdbTransport.open(join(path, 'store')),
    migrationsPath: 'deploy/clickhouse',
  });
  await store.migrate();
  const log = await LmdbLog.open({ path: join(path, 'log'), clock, limitBytes: LOG_LIMIT_BYTES });
  const partitions = (await log.describeTopic(VALUES_TOPIC))?.partitions ?? PARTITIONS;
  const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
  const failures: unknown[] = [];
  const observer = {
    ...silentObserver,
    failed: (_stage: string, _step: string, error: unknown) => failures.push(error),
  };
  const processor = await Processor.open({
    catalogue,
    partitions,
    epoch: 0,
    log,
    store,
    codec,
    clock,
    observer,
  });
  processor.assign(processor.allPlaces);
  await processor.restore();
  const writer = new EventWriter({ log, codec, partitions });
  const running = processor.run();
  const append = async (events: readonly WorkflowEvent[]): Promise<void> => {
    for (let i = 0; i < events.length; i += FEED_BATCH_EVENTS)
      await writer.events(events.slice(i, i + FEED_BATCH_EVENTS));
  };
  return {
    store,
    catalogue,
    processor,
    append,
    async importAll(events) {
      const workflow = events[0]!.workflow;
      await writer.bracket(workflow, 'test', 'begin', null);
      await append(events.map((event) => ({ ...event, importId: 'test' })));
      await writer.bracket(workflow, 'test', 'end', Math.max(...events.map(({ timeMs }) => timeMs)));
    },
    async settled() {
      const status = async (): Promise<StatusReport> =>
        ({ tasks: await processor.status(), failing: [] }) as unknown as StatusReport;
      while (!processor.ready) await new Promise((resolve) => setTimeout(resolve, 20));
      await settledBy(status, () => {});
      if (failures.length > 0) throw failures[0];
    },
    async rows<Row>(sql: string) {
      const text = Buffer.from(await store.query(sql, 'JSONEachRow')).toString('utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row);
    },
    async stop() {
      processor.stop();
      await running;
      await log.close();
      await store.close();
    },
  };
}
