import type { Rule } from '../../shared/core/alert/rule.ts';
import type { Codec } from '../../shared/core/codec.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { EventLog } from '../../shared/ports/event-log.ts';
import type { PlaceOffset } from '../../shared/ports/group.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { TRANSITIONS_TOPIC } from '../../shared/runtime/topics.ts';
import { AlertMemory, type Episode } from './alert-memory.ts';
import { TopicTail } from './topic-tail.ts';

/** How long an episode that ended is still shown. */
export const RECENT_MS = 86_400_000;
/** Pause before what failed is tried again. */
const RETRY_MS = 1_000;
/** Beside running folds so many records are read again: many times what a second or two bring. */
const BACK_RECORDS = 10_000;

export interface LiveAlertsOptions {
  readonly rules: readonly Rule[];
  readonly store: Pick<KpiStore, 'instances' | 'transitions'>;
  readonly log: EventLog;
  readonly codec: Codec;
  readonly clock: Clock;
  /** The folds run already, in other processes: what they published lately may not be stored yet. */
  readonly besideFolds?: boolean;
}

/** The alerts that fire, are about to, and lately did: read from the store once, then followed in [transitions]. */
export class LiveAlerts {
  private readonly options: LiveAlertsOptions;
  private rules: readonly Rule[];
  private memory: AlertMemory;
  private readonly listeners = new Set<() => void>();
  private readonly stopped = new AbortController();
  private readonly tail: TopicTail;
  private loaded: Promise<void> | null = null;

  private constructor(options: LiveAlertsOptions, tail: TopicTail) {
    this.options = options;
    this.tail = tail;
    this.rules = options.rules;
    this.memory = new AlertMemory(options.rules.map(({ hash }) => hash));
  }

  /** Notes where [transitions] ends. To be called before the folds run, or with `besideFolds`. */
  static async open(options: LiveAlertsOptions): Promise<LiveAlerts> {
    const { log, clock, besideFolds } = options;
    const backRecords = besideFolds === true ? BACK_RECORDS : 0;
    return new LiveAlerts(options, await TopicTail.open({ topic: TRANSITIONS_TOPIC, log, clock, backRecords }));
  }

  /** Follows [transitions] until `stop`. */
  async run(): Promise<void> {
    this.loaded ??= this.load();
    await this.tail.run((value) => {
      const message = this.options.codec.decode(value);
      if (message.type === 'transition' && this.memory.put(message)) this.tell();
    });
    await this.loaded;
  }

  /** Resolves once the store has been read. */
  async whenLoaded(): Promise<void> {
    await (this.loaded ??= this.load());
  }

  /** Shows the alerts of these rules from now on. */
  async show(rules: readonly Rule[]): Promise<void> {
    this.rules = rules;
    this.memory = new AlertMemory(rules.map(({ hash }) => hash));
    await this.load();
  }

  private async load(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        await this.loadOnce();
        return this.tell();
      } catch {
        await this.options.clock.sleep(RETRY_MS, this.stopped.signal);
      }
    }
  }

  /** What is active may have begun at any time; of what ended, only the last hours count. */
  private async loadOnce(): Promise<void> {
    const { store, clock } = this.options;
    const { rules } = this;
    if (rules.length === 0) return;
    const names = new Map(rules.map(({ hash, name }) => [hash, name]));
    const active = new Map<string, string[]>();
    for (const { ruleHash, labels, state } of await store.instances({ ruleHashes: [...names.keys()] })) {
      if (state !== 'pending' && state !== 'firing') continue;
      const rule = names.get(ruleHash)!;
      active.set(rule, [...(active.get(rule) ?? []), labels]);
    }
    for (const [rule, labels] of active)
      for (const row of await store.transitions({ rule, labels })) this.memory.put(row);
    for (const row of await store.transitions({ fromMs: clock.nowMs() - RECENT_MS })) this.memory.put(row);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  /** Calls back when an alert changed; returns what removes the listener. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Active episodes, and those that fired and ended within RECENT_MS. */
  episodes(): Episode[] {
    const fromMs = this.options.clock.nowMs() - RECENT_MS;
    return this.memory
      .all()
      .filter(({ state, firedMs, endedMs }) => state !== 'inactive' || (firedMs !== null && (endedMs ?? 0) >= fromMs));
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
