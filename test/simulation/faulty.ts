import type { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import type { MemoryBlock, MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { AppendRecord, EventLog } from '../../services/shared/ports/event-log.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';
import type { Random } from './random.ts';

/** What may happen to the calls of any stage, and to its owners. */
export const CALL_FAULT_KINDS = [
  'delay',
  'failed read',
  'failed write',
  'partial write',
  'ambiguous write',
  'partial append',
  'crash',
  'take-over beside a zombie',
] as const;
type CallFaultKind = (typeof CALL_FAULT_KINDS)[number];

/** Every kind of fault that a seed may meet. */
export const FAULT_KINDS = [
  ...CALL_FAULT_KINDS,
  'evicted slice rows',
  'evicted cases',
  'evicted series',
  'trimmed series',
  'duplicate',
  'late event',
  'event from a fast clock',
  'burst',
  'correct',
  'void',
  'voided case',
  'import',
  'imported event',
  'definition added',
  'fill',
  'definition removed',
] as const;
/** What happens besides where the past is cut off. */
export const RETENTION_KINDS = ['cut', 'dropped period', 'too late', 'expired case'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number] | (typeof RETENTION_KINDS)[number];

const DELAY_TURNS_MAX = 40;

/** How often each kind of fault occurred. */
export type Faults<Kind extends string = FaultKind> = Partial<Record<Kind, number>>;

/** How often calls fail or take long. */
export interface Failures {
  readonly writeFailureChance: number;
  /** How often an insert lands and is said to have failed, beside the failures of all writes. */
  readonly ambiguousInsertChance: number;
  /** How often a write takes long, so that many other calls pass it; a read does so a quarter as often. */
  readonly delayChance: number;
}

/** A call that waits: what it is, `read` or `append` or `insert <table>`, how to let it through and how to fail it. */
interface Pending {
  readonly what: string;
  readonly run: () => Promise<void>;
  readonly fail: () => void;
  /** Does a part of the work; undefined: it lands whole or not at all. */
  readonly partly: (() => Promise<unknown>) | undefined;
  /** How many other turns pass before it can return. */
  waits: number;
}

/**
 * Everything an owner asks of log and store waits here until the scheduler lets it through, so a crash can come at every
 * await. A dead owner's calls never return.
 */
export class Gate {
  readonly pending: Pending[] = [];
  dead = false;
  /** Whether a write landed in part. */
  torn = false;
  /** Which rows land of an insert that lands in part. */
  lands: (row: unknown) => boolean;
  private readonly random: Random;
  private readonly faults: Faults<CallFaultKind>;
  private readonly failures: Failures;
  private healed = false;

  constructor(random: Random, faults: Faults<CallFaultKind>, failures: Failures) {
    this.random = random;
    this.faults = faults;
    this.failures = failures;
    this.lands = () => random.chance(0.5);
  }

  /** From now on nothing fails. */
  heal(): void {
    this.healed = true;
  }

  private count(fault: CallFaultKind): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  /** `partly` does a part of the work, for writes that can land in part. */
  pass<T>(what: string, work: () => Promise<T>, partly?: () => Promise<unknown>): Promise<T> {
    const kind = what === 'read' ? 'read' : 'write';
    return new Promise<T>((resolve, reject) => {
      const run = async (): Promise<void> => {
        const { random } = this;
        const { writeFailureChance, ambiguousInsertChance } = this.failures;
        if (!this.healed && what.startsWith('insert') && random.chance(ambiguousInsertChance)) {
          this.count('ambiguous write');
          await work();
          return reject(new Error('planted write failure'));
        }
        if (this.healed || !random.chance(kind === 'read' ? 0.01 : writeFailureChance)) return resolve(await work());
        if (kind === 'write' && partly !== undefined && random.chance(0.5)) {
          this.count(what === 'append' ? 'partial append' : 'partial write');
          this.torn = true;
          await partly();
        } else if (kind === 'write' && random.chance(0.6)) {
          this.count('ambiguous write');
          await work();
        } else this.count(`failed ${kind}`);
        reject(new Error(`planted ${kind} failure`));
      };
      const { delayChance } = this.failures;
      const slow = !this.healed && this.random.chance(kind === 'write' ? delayChance : delayChance / 4);
      if (slow) this.count('delay');
      const waits = slow ? 1 + this.random.below(DELAY_TURNS_MAX) : 0;
      this.pending.push({ what, run, fail: () => reject(new Error(`planted ${kind} failure`)), partly, waits });
    });
  }

  /** Lets one call through and gives what it was; null: all take long. */
  async release(): Promise<string | null> {
    const ready = this.healed ? this.pending : this.pending.filter(({ waits }) => waits <= 0);
    for (const call of this.pending) call.waits--;
    if (ready.length === 0) return null;
    const chosen = this.random.pick(ready);
    this.pending.splice(this.pending.indexOf(chosen), 1);
    await chosen.run();
    return chosen.what;
  }
}

/** What an owner's log tells the simulation. */
export interface LogEars {
  /** Most records the next read gives. */
  readonly recordsMax: () => number;
  /** A fetch is about to happen. */
  readonly reading: () => void;
  /** These records landed at these offsets, whether the owner hears of it or not. */
  readonly landed: (records: readonly AppendRecord[], offsets: readonly number[]) => void;
}

/** The log as one owner reaches it. */
export function gatedLog(log: MemoryLog, gate: Gate, random: Random, ears: LogEars): EventLog {
  const append = async (records: readonly AppendRecord[]): Promise<number[]> => {
    const offsets = await log.append(records);
    ears.landed(records, offsets);
    return offsets;
  };
  return {
    createTopic: (...topic) => log.createTopic(...topic),
    describeTopic: (topic) => log.describeTopic(topic),
    append: (records) =>
      gate.pass(
        'append',
        () => append(records),
        () => append(ofSomePartitions(records, random)),
      ),
    read: (topic, partition, offset, limits) => {
      ears.reading();
      const most = { ...limits, recordsMax: Math.min(limits.recordsMax, ears.recordsMax()) };
      return gate.pass('read', () => log.read(topic, partition, offset, most));
    },
    endOffset: (...place) => gate.pass('read', () => log.endOffset(...place)),
    onAppend: (listener) => log.onAppend(listener),
    size: () => log.size(),
    close: () => log.close(),
  };
}

/** An append is whole per partition; over several ones a part of it may land. */
function ofSomePartitions(records: readonly AppendRecord[], random: Random): AppendRecord[] {
  const places = new Map(records.map(({ topic, partition }) => [`${topic}/${partition}`, random.chance(0.5)]));
  return records.filter(({ topic, partition }) => places.get(`${topic}/${partition}`));
}

/** The store as one owner reaches it. */
export function gatedStore(store: MemoryStore, gate: Gate): KpiStore {
  /** A scan waits for each of its chunks. */
  async function* gated<T>(chunks: AsyncIterable<T>): AsyncIterable<T> {
    const iterator = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await gate.pass('read', () => iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
  return {
    migrate: () => store.migrate(),
    insert: (table, rows) =>
      gate.pass(
        `insert ${table}`,
        () => store.insert(table, rows),
        () =>
          store.insert(
            table,
            rows.filter((row) => gate.lands(row)),
          ),
      ),
    rowBuffer: (table) => store.rowBuffer(table),
    insertBlocks: (table, blocks) =>
      gate.pass(
        `insert ${table}`,
        () => store.insertBlocks(table, blocks),
        () =>
          store.insert(
            table,
            blocks.flatMap((block) => (block as MemoryBlock<typeof table>).rows.filter((row) => gate.lands(row))),
          ),
      ),
    caseEvents: (...query) => gate.pass('read', () => store.caseEvents(...query)),
    caseIds: (...query) => gated(store.caseIds(...query)),
    labelSets: (...query) => gated(store.labelSets(...query)),
    archive: (...query) => gated(store.archive(...query)),
    dropPeriods: (...query) => gate.pass('drop', () => store.dropPeriods(...query)),
    archiveAhead: (...query) => gate.pass('read', () => store.archiveAhead(...query)),
    slices: (query) => gate.pass('read', () => store.slices(query)),
    values: (query) => gate.pass('read', () => store.values(query)),
    position: (...place) => gate.pass('read', () => store.position(...place)),
    claimRun: (row) => store.claimRun(row),
    jobRuns: (query) => store.jobRuns(query),
    services: (sinceMs) => store.services(sinceMs),
    labelSetCounts: (groups) => store.labelSetCounts(groups),
    busiestLabelSets: (...query) => store.busiestLabelSets(...query),
    seriesLimits: () => store.seriesLimits(),
    epochTopics: () => store.epochTopics(),
    deadLetters: (...query) => store.deadLetters(...query),
    deadLetterCounts: (...query) => store.deadLetterCounts(...query),
    definitions: () => gate.pass('read', () => store.definitions()),
    instances: (query) => gate.pass('read', () => store.instances(query)),
    firsts: (query) => gate.pass('read', () => store.firsts(query)),
    transitions: (query) => gate.pass('read', () => store.transitions(query)),
    query: () => store.query(),
    close: () => store.close(),
  };
}
