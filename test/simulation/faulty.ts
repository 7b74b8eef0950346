import type { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import type { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { EventLog } from '../../services/shared/ports/event-log.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';
import type { Random } from './random.ts';

/** How often each kind of fault occurred. */
export type Faults = Record<string, number>;

interface Pending {
  readonly run: () => Promise<void>;
}

/**
 * Everything an owner asks of log and store waits here until the scheduler lets it through, so a crash can come at every
 * await. A dead owner's calls never return.
 */
export class Gate {
  readonly pending: Pending[] = [];
  dead = false;
  private readonly random: Random;
  private readonly faults: Faults;
  private readonly writeFailureChance: number;
  private healed = false;

  constructor(random: Random, faults: Faults, writeFailureChance: number) {
    this.random = random;
    this.faults = faults;
    this.writeFailureChance = writeFailureChance;
  }

  /** From now on nothing fails. */
  heal(): void {
    this.healed = true;
  }

  count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  /** `partly` does a part of the work, for writes that can land in part. */
  pass<T>(work: () => Promise<T>, kind: 'read' | 'write', partly?: () => Promise<unknown>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = async (): Promise<void> => {
        const { random } = this;
        if (this.healed || !random.chance(kind === 'read' ? 0.01 : this.writeFailureChance))
          return resolve(await work());
        if (kind === 'write' && partly !== undefined && random.chance(0.5)) {
          this.count('partial write');
          await partly();
        } else if (kind === 'write' && random.chance(0.6)) {
          this.count('ambiguous write');
          await work();
        } else this.count(`failed ${kind}`);
        reject(new Error(`planted ${kind} failure`));
      };
      this.pending.push({ run });
    });
  }

  /** Lets one call through. */
  async release(): Promise<void> {
    const at = this.random.below(this.pending.length);
    const [chosen] = this.pending.splice(at, 1);
    await chosen?.run();
  }
}

/** The log as one owner reaches it. `reading` hears of every fetch before it happens. */
export function gatedLog(log: MemoryLog, gate: Gate, recordsMax: number, reading: () => void): EventLog {
  return {
    createTopic: (...topic) => log.createTopic(...topic),
    describeTopic: (topic) => log.describeTopic(topic),
    append: (records) => gate.pass(() => log.append(records), 'write'),
    read: (topic, partition, offset, limits) => {
      reading();
      return gate.pass(
        () => log.read(topic, partition, offset, { ...limits, recordsMax: Math.min(limits.recordsMax, recordsMax) }),
        'read',
      );
    },
    endOffset: (...place) => gate.pass(() => log.endOffset(...place), 'read'),
    onAppend: (listener) => log.onAppend(listener),
    size: () => log.size(),
    close: () => log.close(),
  };
}

/** The store as one owner reaches it. */
export function gatedStore(store: MemoryStore, gate: Gate, random: Random): KpiStore {
  return {
    migrate: () => store.migrate(),
    insert: (table, rows) =>
      gate.pass(
        () => store.insert(table, rows),
        'write',
        () =>
          store.insert(
            table,
            rows.filter(() => random.chance(0.5)),
          ),
      ),
    caseEvents: (...query) => gate.pass(() => store.caseEvents(...query), 'read'),
    caseIds: (...query) => store.caseIds(...query),
    archive: (...query) => store.archive(...query),
    slices: (query) => gate.pass(() => store.slices(query), 'read'),
    values: (query) => gate.pass(() => store.values(query), 'read'),
    position: (...place) => gate.pass(() => store.position(...place), 'read'),
    definitions: () => gate.pass(() => store.definitions(), 'read'),
    query: () => store.query(),
    close: () => store.close(),
  };
}
