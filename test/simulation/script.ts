import type { ProgressMark } from '../../services/shared/core/messages.ts';
import type { SliceRow, ValueRow } from '../../services/shared/ports/kpi-rows.ts';
import { finish } from './finish.ts';
import type { OracleEvent } from './oracle.ts';
import { Random } from './random.ts';
import { quiet } from './step.ts';
import type { Style } from './style.ts';
import { type Owner, START_MS, World } from './world.ts';

const MINUTE = 60_000;

/** A case whose events go to partition 0, and one whose go to partition 1. */
export const CASE_0 = 'case 4';
export const CASE_1 = 'case 0';

/** A schedule told step by step: nothing fails and nothing happens but what the scenario says. */
export class Script {
  readonly world: World;
  private nextId = 0;
  /** Calls of an owner that are not let through. */
  private readonly held = new Map<Owner, string>();

  private constructor(world: World) {
    this.world = world;
  }

  /** `tight`: memory holds as little as possible. `kpis`: those in force; absent: all. */
  static async open({ tight = false, kpis }: Partial<Pick<Style, 'tight' | 'kpis'>> = {}): Promise<Script> {
    const style: Style = {
      readRecordsMax: Infinity,
      takeOverChance: 0,
      zombieChance: 0,
      crashing: [],
      faster: null,
      eventChance: 0,
      callsPerStep: 1,
      storeChance: { aggregate: 0, roll: 0 },
      writeFailureChance: 0,
      ambiguousInsertChance: 0,
      delayChance: 0,
      amendChance: 0,
      importChance: 0,
      tickChance: 0,
      cases: 1,
      minutes: 1,
      backlogRowsMax: 10_000,
      tight,
      fillEventsMax: 0,
      cutChance: 0,
      limited: false,
      lastAppendStep: 0,
      ...(kpis && { kpis }),
    };
    const world = new World(new Random(1), {}, style);
    await world.prepare();
    return new Script(world);
  }

  /** Appends an event of a case at a minute after the start; gives its id. */
  async event(
    caseId: string,
    activity: OracleEvent['activity'],
    minute: number,
    more: Partial<Pick<OracleEvent, 'value' | 'team' | 'id'>> = {},
  ): Promise<string> {
    const id = more.id ?? `e${this.nextId++}`;
    const timeMs = START_MS + minute * MINUTE;
    const plain = { kind: 'event', value: null, team: null, target: null } as const;
    await this.world.append({ ...plain, ...more, caseId, id, activity, timeMs });
    return id;
  }

  /** Withdraws an event. */
  async void(caseId: string, target: string): Promise<void> {
    const id = `e${this.nextId++}`;
    const timeMs = this.world.clock.nowMs();
    await this.world.append({ caseId, id, kind: 'void', activity: '', timeMs, team: null, value: null, target });
  }

  /** From now on one read gives at most so many records. */
  readAtMost(readRecordsMax: number): void {
    this.world.style = { ...this.world.style, readRecordsMax };
  }

  /** Sets the clock to a minute after the start. */
  at(minute: number): void {
    this.world.clock.advance(START_MS + minute * MINUTE - this.world.clock.nowMs());
  }

  /** The marks of a source partition in [slices], as far as they went into one of its partitions. */
  async marks(partition: number): Promise<ProgressMark[]> {
    return this.marksIn('slices', partition);
  }

  /** The marks of a source partition in partition 1 of a topic. */
  async marksIn(topic: 'slices' | 'values', partition: number): Promise<ProgressMark[]> {
    const messages = await this.world.messages(topic, 1);
    return messages.flatMap(({ message }) =>
      message.type === 'mark' && message.source === `sim/${partition}` ? [message] : [],
    );
  }

  /** Starts and restores a new owner of a stage. The one before dies, or with `beside` goes on as a zombie. */
  async own(stage: Owner['stage'], { beside = false } = {}): Promise<Owner> {
    this.world.takeOver(stage, beside);
    const owner = this.world.current(stage);
    owner.gate.heal();
    await this.run(owner, () => owner.runner.restore());
    owner.restored = true;
    return owner;
  }

  /** Reads and applies everything; roll publishes at the end of each batch. */
  async apply(owner: Owner): Promise<void> {
    await this.run(owner, async () => {
      while ((await owner.runner.step()) > 0) if (owner.stage === 'roll') await owner.runner.publish();
    });
  }

  async publish(owner: Owner): Promise<void> {
    await this.run(owner, () => owner.runner.publish());
  }

  async store(owner: Owner): Promise<void> {
    await this.run(owner, () => owner.runner.storeChanges(true));
  }

  /** Applies, publishes and stores. */
  async turn(...owners: readonly Owner[]): Promise<void> {
    for (const owner of owners) {
      await this.apply(owner);
      await this.publish(owner);
      await this.store(owner);
    }
  }

  /** Reads and applies one batch, and publishes nothing yet. */
  async fold(owner: Owner): Promise<void> {
    await this.run(owner, () => owner.runner.step());
  }

  /** Reads and applies one batch. */
  async step(owner: Owner): Promise<void> {
    await this.run(owner, async () => {
      await owner.runner.step();
      if (owner.stage === 'roll') await owner.runner.publish();
    });
  }

  /**
   * Starts a store and lets it go on until it waits for `what`, which then stays closed to this owner; gives what lets
   * the store go on to its end.
   */
  async storeUntil(owner: Owner, what: string): Promise<() => Promise<void>> {
    let ended = false;
    this.held.set(owner, what);
    void owner.runner.storeChanges(true).finally(() => (ended = true));
    await this.release(owner, () => ended);
    return async () => {
      this.held.delete(owner);
      await this.release(owner, () => ended);
    };
  }

  /** Stores; of the rows of slices only those land that `lands` names, and the insert of them fails. */
  async storePartly(owner: Owner, lands: (row: SliceRow) => boolean): Promise<void> {
    const { gate, runner } = owner;
    gate.lands = (row) => lands(row as SliceRow);
    const insert = 'insert slices';
    await this.failDuring(
      owner,
      insert,
      () => runner.storeChanges(true),
      async () => void (await gate.pending.find(({ what }) => what === insert)!.partly!()),
    );
  }

  /** Reads, applies, publishes and stores record by record. */
  async oneByOne(owner: Owner): Promise<void> {
    this.readAtMost(1);
    const next = (): string => owner.runner.tasks.map(({ nextOffset }) => nextOffset).join();
    for (let before = ''; before !== next();) {
      before = next();
      await this.step(owner);
      await this.store(owner);
    }
    this.readAtMost(Infinity);
  }

  /** Does several things at once; of the calls that wait, the one made last always returns first. */
  async newestFirst(owner: Owner, ...works: readonly (() => Promise<unknown>)[]): Promise<void> {
    const { pending } = owner.gate;
    let ended = false;
    const all = Promise.all(works.map((work) => work())).finally(() => (ended = true));
    while (!ended) {
      await quiet();
      await pending.pop()?.run();
    }
    await all;
  }

  /** Starts `work`; its call `what` is under way while `meanwhile` happens, and then fails. */
  async failDuring(
    owner: Owner,
    what: string,
    work: () => Promise<unknown>,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    this.held.set(owner, what);
    const ended = work().catch(() => {});
    await this.release(owner, () => false);
    await meanwhile();
    this.held.delete(owner);
    const { pending } = owner.gate;
    const [call] = pending.splice(
      pending.findIndex((each) => each.what === what),
      1,
    );
    call!.fail();
    await ended;
  }

  private async run(owner: Owner, work: () => Promise<unknown>): Promise<void> {
    let ended = false;
    let failed: unknown = null;
    void work()
      .catch((error: unknown) => (failed = error))
      .finally(() => (ended = true));
    await this.release(owner, () => ended);
    if (failed !== null) throw failed;
  }

  /** Lets calls through until the work has ended or all that is left is held. */
  private async release(owner: Owner, ended: () => boolean): Promise<void> {
    while (!ended()) {
      await quiet();
      const at = owner.gate.pending.findIndex(({ what }) => what !== this.held.get(owner));
      if (at < 0 && owner.gate.pending.length > 0) return;
      const [chosen] = at < 0 ? [] : owner.gate.pending.splice(at, 1);
      await chosen?.run();
    }
  }

  /** The stored rows of a KPI, oldest window first. */
  values(kpi: string): ValueRow[] {
    return this.world.store
      .dump('values')
      .filter((row) => row.kpi === kpi)
      .sort((a, b) => a.windowEndMs - b.windowEndMs);
  }

  /** The stored row of a KPI's window that ends at a minute after the start. */
  value(kpi: string, endMinute: number): ValueRow | undefined {
    return this.values(kpi).find(({ windowEndMs }) => windowEndMs === START_MS + endMinute * MINUTE);
  }

  /** The stored offset of a stage's partition. */
  async position(stage: Owner['stage'], partition: number): Promise<number> {
    const topic = stage === 'roll' ? 'slices' : 'events.sim';
    const row = await this.world.store.position(stage, topic, partition);
    return row === null ? -1 : Number(row.version & 0xffff_ffff_ffffn);
  }

  /** Highest offset among the stored slice rows of a partition's source. */
  storedSlice(partition: number): number {
    const rows = this.world.store.dump('slices').filter(({ source }) => source === `sim/${partition}`);
    return Math.max(-1, ...rows.map(({ version }) => Number(version & 0xffff_ffff_ffffn)));
  }

  /** Lets the newest owners finish and gives what is wrong then. */
  async end(): Promise<string[]> {
    for (const stage of ['aggregate', 'roll'] as const) {
      if (!this.world.owners.some((owner) => owner.stage === stage && !owner.gate.dead)) await this.own(stage);
    }
    return finish(this.world);
  }
}
