import { Outbox } from '../../services/alerter/notify/outbox.ts';
import { NotifyTask } from '../../services/alerter/notify/notify-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryNotifier } from '../../services/shared/adapters/notify/memory-notifier.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { DeliveryMessage, Message, TransitionMessage } from '../../services/shared/core/messages.ts';
import type { EventLog } from '../../services/shared/ports/event-log.ts';
import type { TableName } from '../../services/shared/ports/kpi-rows.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';
import type { Notifier } from '../../services/shared/ports/notifier.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import { FIRST_MS } from '../support/transition.ts';
import { silentObserver } from '../support/silent-observer.ts';

const TOPIC = 'transitions';
const codec = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
const words = { name: 'First response time', unit: 'minutes', zone: 'UTC' };

/** A crash at the call with this number of a life: before it was made, or after it landed and before it returned. */
export interface Crash {
  readonly at: number;
  readonly landed: boolean;
}

/** What a receiver does at a time: null takes the message. */
export type Behaviour = (nowMs: number) => { readonly reason: string; readonly retryAfterMs: number | null } | null;

/** Counts what an owner asks of log, store and receivers, and dies at one of the calls. A dead owner hears no answer. */
class Life {
  calls = 0;
  dead = false;
  readonly died: Promise<void>;
  private die!: () => void;
  private readonly crash: Crash | null;

  constructor(crash: Crash | null) {
    this.crash = crash;
    this.died = new Promise((resolve) => (this.die = resolve));
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) return new Promise(() => {});
    if (++this.calls !== this.crash?.at) return work();
    this.dead = true;
    if (this.crash.landed) await work();
    this.die();
    return new Promise(() => {});
  }
}

/** A message that a receiver took. */
export interface Taken {
  readonly key: string;
  readonly channel: string;
  readonly atMs: number;
  readonly said: string;
}

/** Log, store, receivers and the owners of the notify fold of one run. */
export class NotifyWorld {
  readonly clock = new ManualClock(FIRST_MS);
  readonly log = new MemoryLog({ clock: this.clock });
  readonly store = new MemoryStore();
  readonly taken: Taken[] = [];
  /** By key and channel: how often a crash came between a delivery and its record. */
  readonly excused = new Map<string, number>();
  readonly problems: string[] = [];
  calls = 0;
  /** Owners that died. */
  deaths = 0;
  private readonly behaviours: Readonly<Record<string, Behaviour>>;
  private readonly crashes: Crash[];
  private life!: Life;
  private task!: NotifyTask;
  private outbox!: Outbox;
  private runner!: FoldRunner;

  constructor(behaviours: Readonly<Record<string, Behaviour>>, crashes: readonly Crash[]) {
    this.behaviours = behaviours;
    this.crashes = [...crashes];
  }

  async open(): Promise<void> {
    await this.log.createTopic(TOPIC, 1);
    await this.takeOver();
  }

  /** What the alert fold publishes. */
  async publish(transition: TransitionMessage): Promise<void> {
    await this.log.append([{ topic: TOPIC, partition: 0, key: null, value: codec.encode(transition) }]);
  }

  async messages(): Promise<{ readonly message: Message; readonly appendMs: number }[]> {
    const records = await this.log.read(TOPIC, 0, 0, { recordsMax: 1e9, bytesMax: 1e9 });
    return records.map(({ value, appendMs }) => ({ message: codec.decode(value), appendMs }));
  }

  private async takeOver(): Promise<void> {
    const crash = this.crashes.shift() ?? null;
    const life = new Life(crash);
    const log = {
      append: (records: Parameters<EventLog['append']>[0]) => life.pass(() => this.log.append(records)),
      read: (...place: Parameters<EventLog['read']>) => life.pass(() => this.log.read(...place)),
      endOffset: (...place: Parameters<EventLog['endOffset']>) => life.pass(() => this.log.endOffset(...place)),
    } as unknown as EventLog;
    const store = {
      insert: (...rows: Parameters<KpiStore['insert']>) => life.pass(() => this.store.insert(...rows)),
      rowBuffer: (table: TableName) => this.store.rowBuffer(table),
      insertBlocks: (...rows: Parameters<KpiStore['insertBlocks']>) =>
        life.pass(() => this.store.insertBlocks(...rows)),
      position: (...place: Parameters<KpiStore['position']>) => life.pass(() => this.store.position(...place)),
    } as unknown as KpiStore;
    this.life = life;
    this.task = new NotifyTask({ epoch: 0, log, store, codec, wordsOf: () => words });
    this.outbox = new Outbox({
      task: this.task,
      log,
      codec,
      clock: this.clock,
      channelOf: (name) => this.channel(name, life),
      wordsOf: () => words,
      random: () => 0.5,
    });
    this.runner = new FoldRunner({
      stage: 'notify',
      tasks: [this.task],
      log,
      store,
      clock: this.clock,
      observer: silentObserver,
    });
    await this.alive(() => this.runner.restore());
  }

  private channel(name: string, life: Life): Notifier | undefined {
    const behaviour = this.behaviours[name];
    if (behaviour === undefined) return undefined;
    return {
      send: (message) =>
        life.pass(async () => {
          const receiver = new MemoryNotifier();
          const failure = behaviour(this.clock.nowMs());
          if (failure !== null) receiver.failNext({ retryable: failure.retryAfterMs !== null, ...failure });
          const outcome = await receiver.send(message);
          for (const { key, details } of receiver.delivered) {
            const said = [
              ...details.firing.map(({ labels }) => `${labels['team']}+`),
              ...details.resolved.map(({ labels }) => `${labels['team']}-`),
            ];
            this.taken.push({ key, channel: name, atMs: this.clock.nowMs(), said: said.join(' ') });
          }
          return outcome;
        }),
    };
  }

  /** Does some work of the owner; when it dies in it, the next owner takes over. */
  private async alive(work: () => Promise<unknown>): Promise<void> {
    const { life } = this;
    await Promise.race([work().catch((error: unknown) => this.problems.push(String(error))), life.died]);
    // Tries are not waited for.
    await this.clock.sleep(0);
    if (!life.dead || life !== this.life) return;
    this.calls += life.calls;
    this.deaths++;
    await this.excuse();
    await this.takeOver();
  }

  /** What was delivered and is not written down may be delivered once more. */
  private async excuse(): Promise<void> {
    const recorded = new Set((await this.deliveries('delivered')).map(({ key, channel }) => `${key} ${channel}`));
    const open = new Set(this.taken.map(({ key, channel }) => `${key} ${channel}`).filter((it) => !recorded.has(it)));
    for (const it of open) this.excused.set(it, (this.excused.get(it) ?? 0) + 1);
  }

  async deliveries(outcome: DeliveryMessage['outcome']): Promise<DeliveryMessage[]> {
    return (await this.messages()).flatMap(({ message }) =>
      message.type === 'delivery' && message.outcome === outcome ? [message] : [],
    );
  }

  /** One round of the owner's loops: nothing says which of them comes first. */
  async round(): Promise<void> {
    await this.alive(() => this.outbox.step());
    await this.alive(() => this.runner.step());
    await this.alive(() => this.outbox.step());
    await this.alive(() => this.outbox.step());
    await this.alive(() => this.runner.step());
    await this.alive(() => this.runner.storeChanges(true));
  }

  /** Everything is read and stored. */
  async finish(): Promise<void> {
    await this.round();
    await this.round();
    this.calls += this.life.calls;
  }

  /** When something is due by itself: a deadline, a try; null: nothing is. */
  get nextMs(): number | null {
    const times = [this.task.dueMs, ...this.task.waiting().map(({ outgoing }) => outgoing.nextMs)];
    const known = times.filter((ms) => ms !== null);
    return known.length === 0 ? null : Math.min(...known);
  }
}
