import type { Codec } from '../../shared/core/codec.ts';
import { decodeLabels } from '../../shared/core/measure/labels.ts';
import type { ValueMessage } from '../../shared/core/messages.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { PlaceOffset } from '../../shared/ports/group.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { VALUES_TOPIC } from '../../shared/runtime/topics.ts';
import { type LivePoint, type LiveSeries, POINTS_MAX, SeriesMemory } from './series-memory.ts';
import { type EarlierVersion, isOfVersion, type ShownDefinition } from './shown-versions.ts';
import { TopicTail } from './topic-tail.ts';
import { valuesOf } from '../version-values.ts';

/** Pause before what failed is tried again. */
const RETRY_MS = 1_000;

export interface LiveValuesOptions {
  /** The definitions that are shown. */
  readonly definitions: readonly ShownDefinition[];
  readonly store: Pick<KpiStore, 'values'>;
  readonly log: EventLog;
  readonly codec: Codec;
  readonly clock: Clock;
  /**
   * For folds that run already, in other processes: what they published lately may not be stored yet. Resolves when what
   * was published before the call is, or when `signal` is aborted.
   */
  readonly untilStored?: (signal: AbortSignal) => Promise<void>;
}

/**
 * The last values of every series, in memory: read from the store once, then followed in [values]. The place in [values]
 * is noted before the store is read, and a window's highest version counts, so nothing falls between the two. What was
 * published but not stored when takt died is published again by the fold, behind that place. Beside folds that run on,
 * the store is read once more, when it has what was published before that place.
 */
export class LiveValues {
  private readonly options: LiveValuesOptions;
  /** By hash of the definition that is shown. */
  private memories: ReadonlyMap<string, SeriesMemory>;
  private shown: readonly ShownDefinition[];
  /** Versions before those that are shown, by their hash. */
  private earlier: ReadonlyMap<string, { readonly version: EarlierVersion; readonly shownAs: string }>;
  private readonly listeners = new Set<(definition: string) => void>();
  private readonly stopped = new AbortController();
  private readonly tail: TopicTail;
  private loaded: Promise<void> | null = null;
  private complete = false;

  private constructor(options: LiveValuesOptions, tail: TopicTail) {
    this.options = options;
    this.tail = tail;
    this.shown = options.definitions;
    this.memories = new Map(options.definitions.map(({ hash }) => [hash, new SeriesMemory()]));
    this.earlier = byHash(options.definitions);
  }

  /** Notes where [values] ends. To be called before the folds run, or with `untilStored`. */
  static async open(options: LiveValuesOptions): Promise<LiveValues> {
    const { log, clock } = options;
    return new LiveValues(options, await TopicTail.open({ topic: VALUES_TOPIC, log, clock }));
  }

  /** Reads the store, then follows [values] until `stop`: what withdraws a window has to find it. */
  async run(): Promise<void> {
    await this.whenLoaded();
    const again = this.loadAgain();
    await this.tail.run((value, appendMs) => {
      const message = this.options.codec.decode(value);
      if (message.type === 'value') this.take(message, appendMs);
    });
    await again;
  }

  private async loadAgain(): Promise<void> {
    const { untilStored } = this.options;
    if (untilStored !== undefined) {
      await untilStored(this.stopped.signal);
      await this.load();
    }
    this.complete = !this.stopped.signal.aborted;
  }

  /** Whether everything that was published before it began is here. */
  get isComplete(): boolean {
    return this.complete;
  }

  /** Resolves once the store has been read. */
  async whenLoaded(): Promise<void> {
    await (this.loaded ??= this.load());
  }

  /** Shows these definitions from now on: what of them is not in memory is read from the store. */
  async show(definitions: readonly ShownDefinition[]): Promise<void> {
    const [before, known] = [this.memories, new Set(this.shown.map(textOf))];
    const fresh = definitions.filter((definition) => !known.has(textOf(definition)));
    const anew = new Set(fresh.map(({ hash }) => hash));
    this.shown = definitions;
    this.memories = new Map(
      definitions.map(({ hash }) => [hash, (anew.has(hash) ? undefined : before.get(hash)) ?? new SeriesMemory()]),
    );
    this.earlier = byHash(definitions);
    // Followed in [values] from here on, so nothing falls between the two.
    await this.load(fresh);
  }

  private async load(definitions: readonly ShownDefinition[] = this.shown): Promise<void> {
    for (const { hash: definition, earlier } of definitions) {
      const memory = this.memories.get(definition);
      while (memory !== undefined && !this.stopped.signal.aborted) {
        try {
          const rows = await valuesOf(this.options.store, earlier, { definition, lastPerSeries: POINTS_MAX });
          for (const row of rows) memory.put(row.labels, row.labelMap, { ...pointOf(row), changedMs: null });
          break;
        } catch {
          await this.options.clock.sleep(RETRY_MS, this.stopped.signal);
        }
      }
      this.tell(definition);
    }
  }

  private take(message: ValueMessage, appendMs: number): void {
    const point = { ...pointOf(message), changedMs: appendMs };
    const put = (definition: string): void => {
      const memory = this.memories.get(definition);
      if (memory?.put(message.labels, decodeLabels(message.labels), point) === true) this.tell(definition);
    };
    put(message.definition);
    const before = this.earlier.get(message.definition);
    if (before !== undefined && isOfVersion(before.version, message.windowEndMs)) put(before.shownAs);
  }

  private tell(definition: string): void {
    for (const listener of this.listeners) listener(definition);
  }

  /** Calls back with the hash of a definition whose values changed; returns what removes the listener. */
  onChange(listener: (definition: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The series of a definition. */
  seriesOf(definition: string): LiveSeries[] {
    return this.memories.get(definition)?.all() ?? [];
  }

  /** Whether any KPI has a value. */
  get hasValues(): boolean {
    return [...this.memories.values()].some((memory) => memory.all().length > 0);
  }

  /** What it has not read of the log yet. */
  get places(): readonly PlaceOffset[] {
    return this.tail.places;
  }

  stop(): void {
    this.stopped.abort();
    this.tail.stop();
  }
}

function pointOf(row: Omit<LivePoint, 'changedMs'>): Omit<LivePoint, 'changedMs'> {
  const { windowStartMs, windowEndMs, value, samples, state, withdrawn, version } = row;
  return { windowStartMs, windowEndMs, value, samples, state, withdrawn, version };
}

function byHash(
  shown: readonly ShownDefinition[],
): Map<string, { readonly version: EarlierVersion; readonly shownAs: string }> {
  return new Map(
    shown.flatMap(({ hash, earlier }) =>
      earlier.map((version) => [version.definition.hash, { version, shownAs: hash }] as const),
    ),
  );
}

function textOf({ hash, earlier }: ShownDefinition): string {
  return JSON.stringify([hash, earlier.map(({ definition, throughMs }) => [definition.hash, throughMs])]);
}
