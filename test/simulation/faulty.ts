import type { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import type { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { EventLog } from '../../services/shared/ports/event-log.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';
import type { Random } from './random.ts';

/** How often each kind of fault occurred. */
export type Faults = Record<string, number>;

/** A call that waits: what it is, `read` or `append` or `insert <table>`, and how to let it through. */
interface Pending {
  readonly what: string;
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
  pass<T>(what: string, work: () => Promise<T>, partly?: () => Promise<unknown>): Promise<T> {
    const kind = what === 'read' ? 'read' : 'write';
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
      this.pending.push({ what, run });
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
export function gatedLog(log: MemoryLog, gate: Gate, recordsMax: () => number, reading: () => void): EventLog {
  return {
    createTopic: (...topic) => log.createTopic(...topic),
    describeTopic: (topic) => log.describeTopic(topic),
    append: (records) => gate.pass('append', () => log.append(records)),
    read: (topic, partition, offset, limits) => {
      reading();
      const most = { ...limits, recordsMax: Math.min(limits.recordsMax, recordsMax()) };
      return gate.pass('read', () => log.read(topic, partition, offset, most));
    },
    endOffset: (...place) => gate.pass('read', () => log.endOffset(...place)),
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
        `insert ${table}`,
        () => store.insert(table, rows),
        () =>
          store.insert(
            table,
            rows.filter(() => random.chance(0.5)),
          ),
      ),
    caseEvents: (...query) => gate.pass('read', () => store.caseEvents(...query)),
    caseIds: (...query) => store.caseIds(...query),
    archive: (...query) => store.archive(...query),
    slices: (query) => gate.pass('read', () => store.slices(query)),
    values: (query) => gate.pass('read', () => store.values(query)),
    position: (...place) => gate.pass('read', () => store.position(...place)),
    claimRun: (row) => store.claimRun(row),
    jobRuns: (query) => store.jobRuns(query),
    definitions: () => gate.pass('read', () => store.definitions()),
    instances: (query) => gate.pass('read', () => store.instances(query)),
    firsts: (query) => gate.pass('read', () => store.firsts(query)),
    transitions: (query) => gate.pass('read', () => store.transitions(query)),
    query: () => store.query(),
    close: () => store.close(),
  };
}
