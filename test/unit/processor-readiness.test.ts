import { expect, test } from 'vitest';
import { EventWriter } from '../../services/ingest/event-writer.ts';
import { Processor } from '../../services/processor/processor.ts';
import { SystemClock } from '../../services/shared/adapters/clock/system-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { loadCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { silentObserver } from '../support/silent-observer.ts';

test('a processor is ready once it has places and what the log held there is stored, not before it has any', async () => {
  const clock = new SystemClock();
  const log = new MemoryLog({ clock });
  const store = new MemoryStore();
  const catalogue = await loadCatalogue('test/catalogues/identity.yaml', { calendarVersion: 'test' });
  const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
  const partitions = 3;
  const processor = await Processor.open({
    catalogue,
    partitions,
    epoch: 0,
    log,
    store,
    codec,
    clock,
    observer: silentObserver,
  });
  const ids = Array.from({ length: 50 }, (_, i) => `c-${i}`);
  await new EventWriter({ log, codec, partitions }).events(
    ids.map((caseId) => ({
      workflow: 'helpdesk',
      caseId,
      id: 'e',
      kind: 'event',
      activity: 'Closed',
      timeMs: clock.nowMs(),
      dimensions: {},
      value: null,
      target: null,
      importId: null,
    })),
  );
  const running = processor.run();
  // Many looks of it.
  await clock.sleep(200);
  expect(processor.ready).toBe(false);
  processor.assign(processor.allPlaces);
  while (!processor.ready) await clock.sleep(10);
  expect(store.dump('events')).toHaveLength(ids.length);
  processor.stop();
  await running;
});
