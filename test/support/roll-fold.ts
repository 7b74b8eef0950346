import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { type AggregateState, emptyState, encodeState } from '../../services/shared/core/aggregate/aggregate-state.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { Message, SliceSnapshot, ValueMessage } from '../../services/shared/core/messages.ts';
import type { SliceRow } from '../../services/shared/ports/kpi-rows.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { SLICES_TOPIC } from '../../services/shared/runtime/topics.ts';

const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));

/** What a source counted, or summed up, in a slice of a KPI. */
export interface Counted {
  readonly labels: string;
  readonly startMs: number;
  readonly n: number;
  readonly sum?: number;
  /** Of a level: what came in less what went out. */
  readonly delta?: number;
  readonly importId?: string;
  /** Of an aggregate of another kind: all of it but `n`. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** roll over one partition that nobody but the test drives. Each workflow has one source. */
export class RollFold {
  readonly store: MemoryStore;
  private readonly catalogue: Catalogue;
  private readonly definitions = new Map<string, Definition>();
  private readonly log = new MemoryLog({ clock: new ManualClock(0) });
  private readonly limits: {
    readonly slicesMax: number;
    readonly openSlicesMax: number;
    readonly movingEndsMax: number;
  };
  private readonly slices = new Map<string, SliceRow>();
  private nextOffset = 0;
  task!: RollTask;

  constructor(
    catalogue: Catalogue,
    { store = new MemoryStore(), slicesMax = 1_000, openSlicesMax = 10, movingEndsMax = 1_000 } = {},
  ) {
    this.catalogue = catalogue;
    this.store = store;
    this.limits = { slicesMax, openSlicesMax, movingEndsMax };
    for (const { definition } of catalogue.kpis.values()) this.definitions.set(definition.hash, definition);
  }

  /** Restores on what the store has, as a new process does; nothing that was not saved is known. */
  async start(): Promise<this> {
    const rows = [...this.definitions.values()].map(({ hash, kpi, workflow }) => ({
      hash,
      kpi,
      workflow,
      content: '',
      active: true,
      version: 1n,
    }));
    await this.store.insert('definitions', rows);
    await this.log.createTopic(SLICES_TOPIC, 1).catch(() => {});
    const ways = { sourcesOf: () => 1, definitionOf: (hash: string) => this.definitions.get(hash) };
    this.task = new RollTask({
      partition: 0,
      epoch: 0,
      log: this.log,
      store: this.store,
      codec,
      ...ways,
      ...this.limits,
    });
    await this.task.restore();
    this.nextOffset = this.task.nextOffset;
    return this;
  }

  /** Takes the place of another one, whose store it has: what its sources stored is known. To be called before `start`. */
  resume(before: RollFold): void {
    for (const [key, row] of before.slices) this.slices.set(key, row);
  }

  /** The snapshot of a slice; its version is that of its record. */
  slice(kpi: string, { labels, startMs, n, sum, delta, importId, state: rest }: Counted): Message {
    const { hash, aggregate, workflow } = this.catalogue.kpis.get(kpi)!.definition;
    const amount = delta === undefined ? (sum === undefined ? {} : { sum: sum * 1e6 }) : { delta };
    const state = { ...emptyState(aggregate), n, ...amount, ...rest } as AggregateState;
    const place = { definition: hash, labels, sliceStartMs: startMs, source: `${workflow}/0` };
    return { type: 'slice', ...place, version: -1n, samples: n, state: encodeState(state), importId: importId ?? null };
  }

  /** The mark of a workflow's source. */
  mark(workflow: string, watermarkMs: number, openImports: readonly string[] = []): Message {
    const places = { position: -1n, storedPosition: -1n };
    return { type: 'mark', source: `${workflow}/0`, ...places, watermarkMs, openImports, definitions: [], filling: [] };
  }

  /** Folds these as one batch and gives what is published: what it gives by window end, of one KPI. */
  async apply(...messages: readonly Message[]): Promise<ValueMessage[]> {
    const records = messages.map((message, i) => {
      const offset = this.nextOffset + i;
      const version = BigInt(offset);
      const placed =
        message.type === 'mark'
          ? { ...message, position: version, storedPosition: version }
          : ({ ...message, version } as SliceSnapshot);
      if (placed.type === 'slice') this.slices.set(sliceKey(placed), { ...placed, labelPartition: 0 });
      return { offset, value: codec.encode(placed as Message), appendMs: 0, key: null };
    });
    this.nextOffset += records.length;
    await this.task.apply(records);
    const { records: published } = this.task.collectPublication();
    return published.map(({ value }) => codec.decode(value)).filter((message) => message.type === 'value');
  }

  /** As if sources and roll had stored all that there is. */
  async save(): Promise<void> {
    await this.store.insert('slices', [...this.slices.values()]);
    const checkpoint = this.task.collectCheckpoint();
    await this.store.insert('values', checkpoint.rows.values ?? []);
    if (checkpoint.position !== null) await this.store.insert('positions', [checkpoint.position]);
    this.task.stored(checkpoint);
  }
}

function sliceKey({ definition, labels, sliceStartMs, source }: SliceSnapshot): string {
  return `${definition} ${sliceStartMs} ${source} ${labels}`;
}
