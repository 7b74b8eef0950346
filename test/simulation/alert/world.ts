import { AlertTask } from '../../../services/alerter/alert/alert-task.ts';
import { ManualClock } from '../../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryStore } from '../../../services/shared/adapters/store/memory/memory-store.ts';
import type { Message, TransitionMessage } from '../../../services/shared/core/messages.ts';
import type { KpiStore } from '../../../services/shared/ports/kpi-store.ts';
import { FoldRunner } from '../../../services/shared/runtime/fold/fold-runner.ts';
import { Gate, gatedLog, gatedStore } from '../faulty.ts';
import type { Random } from '../random.ts';
import type { AlertFaultKind, AlertFaults } from './faults.ts';
import type { OracleRecord } from './oracle-inputs.ts';
import { catalogue, definitions, PARTITIONS, rules, SOURCES, START_MS } from './setup.ts';
import { codec } from '../remembering-codec.ts';
import type { AlertStyle } from './style.ts';
import { silentObserver } from '../../support/silent-observer.ts';

/** One incarnation of the alert stage, alive, dead or a zombie. */
export interface Owner {
  readonly gate: Gate;
  readonly runner: FoldRunner;
  /** The one call of its loop, and the one store in the background. */
  busy: boolean;
  storing: boolean;
  restored: boolean;
}

interface Placed {
  readonly offset: number;
  readonly appendMs: number;
  readonly message: Message;
}

/** Log, store and owners of one seed. */
export class AlertWorld {
  readonly clock = new ManualClock(START_MS);
  readonly log = new MemoryLog({ clock: this.clock });
  readonly store = new MemoryStore();
  owners: Owner[] = [];
  /** Errors that nobody planted, and fetches above the limit. */
  readonly broken: string[] = [];
  readonly style: AlertStyle;
  private readonly random: Random;
  private readonly faults: AlertFaults;
  /** By topic and partition: records never change. */
  private readonly decoded = new Map<string, Placed[]>();

  constructor(random: Random, faults: AlertFaults, style: AlertStyle) {
    this.random = random;
    this.faults = faults;
    this.style = style;
  }

  async open(): Promise<void> {
    await this.log.createTopic('values', PARTITIONS);
    await this.log.createTopic('transitions', 1);
    this.start();
  }

  count(fault: AlertFaultKind): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  get current(): Owner {
    return this.owners.at(-1)!;
  }

  /** A new owner takes over; the one before it dies, or goes on as a zombie. */
  takeOver(zombie: boolean): void {
    this.count(zombie ? 'take-over beside a zombie' : 'crash');
    const states = new Set(this.store.dump('instances').map(({ state }) => state));
    if (states.has('pending')) this.count('restart while pending');
    if (states.has('firing')) this.count('restart while firing');
    for (const { gate } of this.owners) if (!zombie) gate.dead = true;
    this.owners = this.owners.filter(({ gate }) => !gate.dead);
    this.start();
  }

  private start(): void {
    const { readRecordsMax, backlogRowsMax } = this.style;
    const gate = new Gate(this.random, this.faults, this.style);
    const log = gatedLog(this.log, gate, this.random, {
      recordsMax: () => readRecordsMax,
      reading: () => {
        // A slow store stops fetching (DESIGN.md section 4, point 11).
        const waiting = tasks.reduce((sum, { backlogRows }) => sum + backlogRows, 0);
        if (waiting > backlogRowsMax) this.broken.push(`fetched while ${waiting} rows waited`);
      },
      landed: () => {},
    });
    const store = gatedStore(this.store, gate);
    const tasks = Array.from({ length: PARTITIONS }, (_, partition) => this.task(store, partition));
    const runner = new FoldRunner({
      stage: 'alert',
      tasks,
      log,
      store,
      clock: this.clock,
      observer: silentObserver,
      backlogRowsMax,
    });
    this.owners.push({ gate, runner, busy: false, storing: false, restored: false });
  }

  private task(store: KpiStore, partition: number): AlertTask {
    return new AlertTask({
      partition,
      epoch: 0,
      store,
      codec,
      definitionOf: (hash) => definitions.get(hash),
      ruleOf: (hash) => rules.get(hash),
      workflowOf: (name) => catalogue.workflows.get(name),
      sourcesOf: () => SOURCES.length,
      maxAlertAgeMs: catalogue.maxAlertAgeMs,
      firstsKnownMax: this.style.firstsKnownMax,
    });
  }

  /** Every record of a topic's partition, decoded. */
  private async messages(topic: string, partition: number): Promise<readonly Placed[]> {
    const place = `${topic}/${partition}`;
    const known = this.decoded.get(place) ?? [];
    this.decoded.set(place, known);
    const records = await this.log.read(topic, partition, known.length, { recordsMax: Infinity, bytesMax: Infinity });
    for (const { offset, appendMs, value } of records) known.push({ offset, appendMs, message: codec.decode(value) });
    return known;
  }

  /** What was published, in order. */
  async transitions(): Promise<TransitionMessage[]> {
    const all = await this.messages('transitions', 0);
    return all.flatMap(({ message }) => (message.type === 'transition' ? [message] : []));
  }

  /** A partition of [values] as the oracle reads it. */
  async recorded(partition: number): Promise<OracleRecord[]> {
    return (await this.messages('values', partition)).map(({ offset, appendMs, message }) => {
      if (message.type === 'control') return { kind: 'control', offset, appendMs, rules: message.definitions };
      if (message.type === 'mark') {
        const { source, position, watermarkMs, openImports: imports } = message;
        return { kind: 'mark', offset, appendMs, source, position: Number(position), watermarkMs, imports };
      }
      if (message.type !== 'value') throw new Error(`a ${message.type} in [values]`);
      const { kpi, labels, windowEndMs: endMs, value, samples, state, reason, withdrawn } = message;
      const shown = { kpi, labels, endMs, value, samples, state, imported: reason === 'import', withdrawn };
      return { kind: 'value', offset, appendMs, ...shown };
    });
  }
}
