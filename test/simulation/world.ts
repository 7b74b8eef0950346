import { readFileSync } from 'node:fs';
import { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import { DefinitionChanges } from '../../services/processor/definition-changes.ts';
import { RollTask } from '../../services/processor/roll/roll-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryLog } from '../../services/shared/adapters/log/memory/memory-log.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Definition } from '../../services/shared/core/definition.ts';
import type { Catalogue } from '../../services/shared/core/catalogue/catalogue.ts';
import { limitSeries } from '../../services/shared/core/series/limit-series.ts';
import { seriesGroups } from '../../services/shared/core/series/series-groups.ts';
import { isDerived } from '../../services/shared/core/formula/derived.ts';
import { EXTREME_KEPT_MAX } from '../../services/shared/core/aggregate/extreme.ts';
import { LAST_KEPT_MAX } from '../../services/shared/core/aggregate/last.ts';
import type { DeadLetter, Message, ValueMessage } from '../../services/shared/core/messages.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { type CutTimes, firstPeriod } from '../../services/shared/core/retention.ts';
import { parseCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import type { EventLog } from '../../services/shared/ports/event-log.ts';
import type { KpiStore } from '../../services/shared/ports/kpi-store.ts';
import { dropExpired } from '../../services/shared/runtime/drop-expired.ts';
import { codec } from './remembering-codec.ts';
import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import { type FaultKind, type Faults, Gate, gatedLog, gatedStore } from './faulty.ts';
import { type Answer, answer, type OracleEvent, type OracleValues } from './oracle.ts';
import { DERIVED } from './oracle-derived.ts';
import { type Happening, type Kept, keptOf } from './oracle-retention.ts';
import { type OracleRecord, watermarkAfter } from './oracle-time.ts';
import type { Random } from './random.ts';
import { RETENTION_CHANGING, type Style } from './style.ts';
import { silentObserver } from '../support/silent-observer.ts';

export const PARTITIONS = 2;
export const TOPIC = 'events.sim';
/** A whole hour, so that times are easy to read. */
export const START_MS = 1_700_002_800_000;
const MINUTE = 60_000;
/** Of the archive. */
const PERIOD_MS = MINUTE;
/** Longest window of the KPIs that are told where the past is cut off, and the slice that leaves it where it ends. */
const CUT_WINDOW_MS = 4 * MINUTE;

const { catalogue, problems } = parseCatalogue(
  readFileSync('test/simulation/simulation.yaml', 'utf8'),
  'simulation.yaml',
  { calendarVersion: 'test' },
);
if (catalogue === null) throw new Error(JSON.stringify(problems));
/** Where label sets are limited, only this one keeps its labels. */
export const ADMITTED = '[["team","team 1"]]';
const LIMITED = limitSeries(
  catalogue,
  new Map(
    seriesGroups(catalogue)
      .filter(({ kpis }) => kpis.every((kpi) => catalogue.kpis.get(kpi)!.definition.by[0]!.dimension === 'team'))
      .map(({ id }) => [id, { id, seriesMax: 1, labelSets: 3, admitted: [ADMITTED] }]),
  ),
  'test',
);
const hashed = ({ kpis }: Catalogue): Map<string, Definition> =>
  new Map([...kpis.values()].map(({ definition }) => [definition.hash, definition]));
/**
 * KPIs that came later: whether a schedule has them is for dice of its own, so that the schedules without them stay as they
 * were, and with them the seeds that notice a guard.
 */
export const DRAWN_APART: readonly string[] = [
  'shift_so_far',
  'so_far_rate',
  'sum_since',
  'open_since',
  'today_since',
  'gauge_since',
  'rate_since',
  'growth_since',
];
/** The keys of all KPIs. */
export const KPIS: readonly string[] = [...catalogue.kpis.keys()];
/** The definitions of all of them, by hash: without and with limits of their label sets. */
export const definitions: ReadonlyMap<string, Definition> = new Map([...hashed(catalogue), ...hashed(LIMITED)]);

/** One incarnation of a stage, alive, dead or a zombie. */
export interface Owner {
  readonly stage: 'aggregate' | 'roll';
  readonly gate: Gate;
  readonly runner: FoldRunner;
  /** The one call of its loop, and the one store in the background. */
  busy: boolean;
  storing: boolean;
  restored: boolean;
  /** Puts definitions in force and fills them; null: of a roll. */
  readonly changes: DefinitionChanges | null;
  changing: boolean;
}

/** What the events of a burst share. */
const BURST = { caseId: 'case 0', timeMs: START_MS };

/** Log, store and owners of one seed. */
export class World {
  readonly clock = new ManualClock(START_MS);
  readonly log = new MemoryLog({ clock: this.clock });
  readonly store = new MemoryStore();
  readonly appended: OracleEvent[] = [];
  /** What stands in each partition of [events.sim], as the oracle reads it. */
  readonly records: OracleRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  /** Events and cuts in each partition. */
  private readonly happened: Happening[][] = Array.from({ length: PARTITIONS }, () => []);
  owners: Owner[] = [];
  /** What went wrong on the way: errors nobody planted, fetches above the limit. */
  readonly broken: string[] = [];
  /** Whether a stage ever had two live owners. */
  zombies = false;
  /** Which owner, counted over all, appended a record of [values]: `partition/offset`. */
  readonly writers = new Map<string, number>();
  private ownersEver = 0;
  /** KPIs whose definitions are in force. */
  private inForce: Set<string>;
  style: Style;
  private readonly decoded = new Map<string, { nextOffset: number; readonly messages: Placed[] }>();
  private readonly random: Random;
  private readonly faults: Faults;
  private importId: string | null = null;
  private nextId = 0;

  constructor(random: Random, faults: Faults, style: Style) {
    this.style = style;
    this.inForce = new Set(style.kpis ?? catalogue!.kpis.keys());
    this.random = random;
    this.faults = faults;
  }

  /** Topics, definitions and the first control record. `before` appends what stands below that record. */
  async prepare(before?: () => Promise<void>): Promise<void> {
    await this.log.createTopic(TOPIC, PARTITIONS);
    for (const topic of ['slices', 'values']) await this.log.createTopic(topic, PARTITIONS);
    await this.log.createTopic('dead-letters', 1);
    const rows = this.versions.map((definition) => ({
      hash: definition.hash,
      kpi: definition.kpi,
      workflow: 'sim',
      content: '',
      active: true,
      version: 1n,
    }));
    await this.store.insert('definitions', rows);
    await before?.();
    await this.control();
  }

  /** Prepares and starts one owner of each stage. */
  async open(): Promise<void> {
    let outermost: string[] = [];
    await this.prepare(async () => {
      const early = this.random.below(8);
      for (let i = 0; i < early; i++) await this.appendEvent();
      if (this.random.chance(0.3)) outermost = await this.burst();
    });
    if (this.style.amendChance >= 0.4) for (const target of outermost) await this.withdraw(target);
    this.takeOver('aggregate', false);
    this.takeOver('roll', false);
  }

  count(fault: FaultKind): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  private async all(message: Message, record: OracleRecord): Promise<void> {
    const value = codec.encode(message);
    await this.log.append(
      Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition, key: null, value })),
    );
    for (const partition of this.records) partition.push(record);
  }

  /** The versions of the definitions that this world has. */
  private get versions(): readonly Definition[] {
    const { kpis } = this.style;
    const all = [...hashed(this.style.limited ? LIMITED : catalogue!).values()];
    return all.filter(({ kpi }) => !DRAWN_APART.includes(kpi) || kpis === undefined || kpis.includes(kpi));
  }

  /** Hashes of the definitions that are to be folded. */
  private get wanted(): string[] {
    const measured = this.versions.filter((definition) => !isDerived(definition));
    return measured.filter(({ kpi }) => this.inForce.has(kpi)).map(({ hash }) => hash);
  }

  private async control(): Promise<void> {
    const hashes = this.wanted;
    await this.all(
      { type: 'control', definitions: hashes, filling: [] },
      { kind: 'control', appendMs: this.clock.nowMs() },
    );
  }

  /** Removes a KPI from the catalogue, or brings a removed one back. */
  async changeDefinitions(): Promise<void> {
    if (this.style.refills === true) return this.refill();
    // What comes back to a workflow with retention has nothing of cases that expired meanwhile.
    const changing = this.style.cutChance > 0 ? RETENTION_CHANGING : this.versions.map((version) => version.kpi);
    const removed = changing.filter((kpi) => !this.inForce.has(kpi));
    const adds = removed.length > 0 && (this.random.chance(0.6) || removed.length === changing.length);
    const kpi = this.random.pick(adds ? removed : [...this.inForce].filter((each) => changing.includes(each)));
    this.count(adds ? 'definition added' : 'definition removed');
    if (!this.inForce.delete(kpi)) this.inForce.add(kpi);
    // Else the owners see to it, each in its time.
    if (this.style.fillEventsMax === 0) await this.control();
  }

  /** As takt backfill: a definition is put out of force that the catalogue still has. */
  private async refill(): Promise<void> {
    const gone = this.random.pick(this.wanted);
    this.count('definition removed');
    const definitions = this.wanted.filter((hash) => hash !== gone);
    await this.all({ type: 'control', definitions, filling: [] }, { kind: 'control', appendMs: this.clock.nowMs() });
  }

  /** More different values in one slice than a min, max or last keeps. Gives the events that a max or a last keeps. */
  private async burst(): Promise<string[]> {
    this.count('burst');
    const ids: string[] = [];
    for (let i = 0; i < 24; i++) {
      const value = (i * 7) % 24;
      const id = (ids[value] = `e${this.nextId++}`);
      await this.append({ ...BURST, id, kind: 'event', activity: 'work', team: 'team 0', value, target: null });
    }
    const latest = ids.toSorted().slice(-LAST_KEPT_MAX);
    return [...new Set([...ids.slice(-EXTREME_KEPT_MAX), ...latest])];
  }

  /** Withdraws an event of the burst. */
  private async withdraw(target: string): Promise<void> {
    this.count('void');
    const id = `e${this.nextId++}`;
    await this.append({ ...BURST, id, kind: 'void', activity: '', team: null, value: null, target });
  }

  /** Starts a new owner of a stage; the one before it dies, or goes on as a zombie. */
  takeOver(stage: Owner['stage'], zombie: boolean): void {
    if (zombie) this.zombies = true;
    for (const owner of this.owners) if (owner.stage === stage && !zombie) owner.gate.dead = true;
    this.owners = this.owners.filter(({ gate }) => !gate.dead);
    const gate = new Gate(this.random, this.faults, this.style);
    const number = this.ownersEver++;
    const { backlogRowsMax, tight } = this.style;
    const log = gatedLog(this.log, gate, this.random, {
      recordsMax: () => this.style.readRecordsMax,
      reading: () => {
        // A slow store stops fetching (DESIGN.md section 4, point 11).
        const waiting = runner.tasks.reduce((sum, { backlogRows }) => sum + backlogRows, 0);
        if (waiting > backlogRowsMax) this.broken.push(`${stage} fetched while ${waiting} rows waited`);
      },
      landed: (records, offsets) => {
        for (const [i, { topic, partition }] of records.entries())
          if (topic === 'values') this.writers.set(`${partition}/${offsets[i]!}`, number);
          else if (topic === TOPIC) this.noteControl(partition, records[i]!.value);
      },
    });
    const store = gatedStore(this.store, gate);
    const definitionOf = (hash: string): Definition | undefined => definitions.get(hash);
    const numbers = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const sim = catalogue!.workflows.get('sim')!;
    const workflow = this.style.cutChance > 0 ? { ...sim, retentionMs: MINUTE } : sim;
    const limits = {
      rowsMax: tight ? 1 : 2 + this.random.below(12),
      caseBytesMax: tight ? 0 : this.random.below(4) * 100,
    };
    const tasks =
      stage === 'aggregate'
        ? numbers.map(
            (partition) =>
              new AggregateTask({
                workflow,
                partition,
                epoch: 0,
                labelPartitions: PARTITIONS,
                store,
                codec,
                definitionOf,
                ...limits,
                archivePeriodMs: PERIOD_MS,
              }),
          )
        : numbers.map(
            (partition) =>
              new RollTask({
                partition,
                epoch: 0,
                log,
                store,
                codec,
                definitionOf,
                sourcesOf: () => PARTITIONS,
                slicesMax: tight ? 0 : this.random.below(10),
                openSlicesMax: tight ? 0 : this.random.below(5),
                movingEndsMax: this.movingEndsMax,
              }),
          );
    const runner = new FoldRunner<AggregateTask | RollTask>({
      stage,
      tasks,
      log,
      store,
      clock: this.clock,
      observer: silentObserver,
      backlogRowsMax,
    });
    const changes = stage === 'roll' ? null : this.changesOf(log, store);
    this.owners.push({ stage, gate, runner, busy: false, storing: false, restored: false, changes, changing: false });
  }

  private changesOf(log: EventLog, store: KpiStore): DefinitionChanges | null {
    const { fillEventsMax } = this.style;
    if (fillEventsMax === 0) return null;
    // Its pauses are for others to have their turn; here the dice give it.
    const clock = new ManualClock(START_MS);
    return new DefinitionChanges({ log, store, codec, clock, wanted: () => this.wanted, fillEventsMax });
  }

  /** A record of an owner in [events.sim]. */
  private noteControl(partition: number, value: Uint8Array): void {
    const { type } = codec.decode(value);
    if (type === 'fill') this.count('fill');
    this.records[partition]!.push({ kind: 'control', appendMs: this.clock.nowMs() });
  }

  /** Whether values of a definition in force are not computed for all time that could be. */
  get isFilling(): boolean {
    return this.current('roll').runner.tasks.some((task) => (task as RollTask).progress.isFilling);
  }

  /** The newest owner of each stage; the others are zombies. */
  current(stage: Owner['stage']): Owner {
    return this.owners.findLast((owner) => owner.stage === stage)!;
  }

  /** Appends a random event: new, duplicate, late, a correction or a withdrawal, live or imported. */
  async appendEvent(): Promise<void> {
    const { random, style } = this;
    if (this.appended.length > 0 && random.chance(0.15)) {
      this.count('duplicate');
      return this.append(random.pick(this.appended));
    }
    const late = random.chance(0.2);
    if (late) this.count('late event');
    const nowMinutes = Math.floor((this.clock.nowMs() - START_MS) / MINUTE);
    const ahead = random.chance(0.03);
    if (ahead) this.count('event from a fast clock');
    const minute = late ? random.below(style.minutes) - 2 : ahead ? nowMinutes + 5 : nowMinutes;
    // Where cases may expire, others come up with time; one of the first may be met again.
    const since = style.cutChance === 0 || random.chance(0.15) ? 0 : nowMinutes;
    const caseId = `case ${since + random.below(style.cases)}`;
    const earlier = this.appended.filter((event) => event.caseId === caseId && event.kind === 'event');
    const kind =
      earlier.length > 0 && random.chance(style.amendChance) ? random.pick(['correct', 'void'] as const) : 'event';
    if (kind !== 'event') this.count(kind);
    const wholeCase = kind === 'void' && random.chance(0.2);
    if (wholeCase) this.count('voided case');
    await this.append({
      caseId,
      id: `e${this.nextId++}`,
      kind,
      activity: kind === 'void' ? '' : random.pick(['open', 'work', 'work', 'close'] as const),
      timeMs: START_MS + minute * MINUTE + random.below(4) * 15_000,
      team: random.chance(0.5) ? null : `team ${random.below(2)}`,
      value: random.chance(0.8) ? random.below(30) : null,
      target: kind === 'event' || wholeCase ? null : random.pick(earlier).id,
    });
  }

  /** Appends an event, and tells the oracle of it. */
  async append(event: OracleEvent): Promise<void> {
    const { caseId, id, kind, activity, timeMs, team, value, target } = event;
    this.appended.push(event);
    const dimensions: Record<string, string> = team === null ? {} : { team };
    const decimal = value === null ? null : { unscaled: BigInt(value), scale: 0 };
    const bytes = codec.encode({
      type: 'event',
      event: {
        workflow: 'sim',
        caseId,
        id,
        kind,
        activity,
        timeMs,
        dimensions,
        value: decimal,
        target,
        importId: this.importId,
      },
    });
    if (this.importId !== null) this.count('imported event');
    const partition = partitionOf(caseId, PARTITIONS);
    await this.log.append([{ topic: TOPIC, partition, key: Buffer.from(caseId), value: bytes }]);
    const appendMs = this.clock.nowMs();
    this.records[partition]!.push({ kind: 'event', id, appendMs, timeMs, importId: this.importId });
    this.happened[partition]!.push({ kind: 'event', event });
  }

  /** Cuts the past off in one partition, mostly later than before. */
  async cut(): Promise<void> {
    this.count('cut');
    const partition = this.random.below(PARTITIONS);
    const lateMs = this.clock.nowMs() - this.random.below(9) * 15_000;
    const times = { lateMs, frozenMs: lateMs - CUT_WINDOW_MS };
    await this.log.append([{ topic: TOPIC, partition, key: null, value: codec.encode({ type: 'cut', ...times }) }]);
    this.records[partition]!.push({ kind: 'cut', appendMs: this.clock.nowMs() });
    this.happened[partition]!.push({ kind: 'cut', ...times });
  }

  /** Removes what expired in all partitions, where no zombie is left that would read from before. */
  async drop(): Promise<void> {
    if (this.owners.filter(({ stage }) => stage === 'aggregate').length > 1) return;
    const dropped = await dropExpired(this.store, 'sim', PARTITIONS, { graceMs: 0, periodMs: PERIOD_MS });
    for (let i = 0; i < dropped; i++) this.count('dropped period');
  }

  /** By partition what is left of the events. */
  get keptEvents(): readonly Kept[] {
    return this.happened.map((happenings) => keptOf(happenings, this.inForce, PERIOD_MS));
  }

  /** Ids of the events of a partition's archive that count. */
  async livingRows(partition: number): Promise<string[]> {
    const row = await this.store.position('aggregate', TOPIC, partition);
    const { cut = null } = JSON.parse(row!.content) as { readonly cut?: CutTimes };
    const periods = { fromPeriod: firstPeriod(cut, PERIOD_MS) };
    const ids: string[] = [];
    for await (const rows of this.store.archive('sim', partition, Infinity, undefined, undefined, periods))
      ids.push(...rows.map(({ id }) => id));
    return ids;
  }

  /** How many different letters there are of events of a partition that were too late. */
  async lateLetters(partition: number): Promise<number> {
    const records = await this.log.read('dead-letters', 0, 0, { recordsMax: Infinity, bytesMax: Infinity });
    const letters = records.map(({ value }) => JSON.parse(Buffer.from(value).toString('utf8')) as DeadLetter);
    const own = letters.filter(({ source }) => source.startsWith(`${TOPIC}/${partition} `));
    return new Set(own.map(({ id }) => id)).size;
  }

  /** Whether a value can be told from the events: of windows, one that begins where nothing is cut off. */
  isTold(key: string): boolean {
    if (this.style.cutChance === 0) return true;
    const endMs = Number(key.slice(key.lastIndexOf(' ') + 1));
    const frozenMs = Math.max(...this.keptEvents.map((kept) => kept.frozenMs));
    return key.startsWith('open') || Number.isNaN(endMs) || endMs - CUT_WINDOW_MS >= frozenMs;
  }

  /** Begins an import, or ends the open one. */
  async toggleImport(): Promise<void> {
    const importId = this.importId ?? `import ${this.nextId++}`;
    const appendMs = this.clock.nowMs();
    if (this.importId === null) {
      const message: Message = { type: 'import', importId, phase: 'begin', maxEventMs: null };
      await this.all(message, { kind: 'begin', appendMs, importId });
      this.count('import');
      this.importId = importId;
    } else {
      const message: Message = { type: 'import', importId, phase: 'end', maxEventMs: START_MS };
      await this.all(message, { kind: 'end', appendMs, importId, timeMs: START_MS });
      this.importId = null;
    }
  }

  /** Time passes; each partition gets a tick. */
  async tick(durationMs: number): Promise<void> {
    this.clock.advance(durationMs);
    await this.all({ type: 'tick' }, { kind: 'tick', appendMs: this.clock.nowMs() });
  }

  /** KPIs whose values are kept right: those in force, and of derived ones those whose inputs are. */
  private get kept(): ReadonlySet<string> {
    return new Set(
      [...this.inForce].filter((kpi) => DERIVED[kpi]?.from.every((input) => this.inForce.has(input)) ?? true),
    );
  }

  /** Windows of what moves with time that have a row whatever happens in them. */
  private get movingEndsMax(): number {
    return this.style.tight ? 2 : 12;
  }

  /** What the batch recompute says. */
  answer(): Answer {
    const events = this.style.cutChance === 0 ? this.appended : this.keptEvents.flatMap((kept) => kept.events);
    const passed = { watermarkMs: this.watermarkMs, endsMax: this.movingEndsMax };
    return answer(events, this.kept, passed, this.style.limited ? ADMITTED : null);
  }

  /** As far as all partitions are. */
  get watermarkMs(): number {
    return Math.min(...this.records.map((records) => watermarkAfter(records) ?? -Infinity));
  }

  /** Windows that must have a row. */
  expected(): OracleValues {
    return this.answer().values;
  }

  /** The value rows of KPIs in force in the store. */
  storedValues(): WorldValue[] {
    const { kept } = this;
    return this.store.dump('values').filter(({ kpi }) => kept.has(kpi));
  }

  /** How far everything is: ends of the topics, what the owners have read, and stored positions. */
  async progress(): Promise<string> {
    const ends = [TOPIC, 'slices', 'values'].flatMap((topic) =>
      this.records.map((_, partition) => this.log.endOffset(topic, partition)),
    );
    const read = this.owners.flatMap(({ runner }) => runner.tasks.map(({ nextOffset }) => nextOffset));
    return [
      ...(await Promise.all(ends)),
      ...read,
      ...this.store.dump('positions').map(({ version }) => version),
    ].join();
  }

  /** Every record of a topic's partition, decoded; the snapshots of a batch one by one. */
  async messages(topic: string, partition: number): Promise<readonly Placed[]> {
    const place = `${topic}/${partition}`;
    const known = this.decoded.get(place) ?? { nextOffset: 0, messages: [] };
    this.decoded.set(place, known);
    const limits = { recordsMax: Infinity, bytesMax: Infinity };
    for (const { offset, value } of await this.log.read(topic, partition, known.nextOffset, limits)) {
      const message = codec.decode(value);
      for (const each of message.type === 'slices' ? message.snapshots : [message])
        known.messages.push({ offset, message: each });
      known.nextOffset = offset + 1;
    }
    return known.messages;
  }

  /** The highest version of each value in [values]: what a reader of the log believes. */
  async publishedValues(): Promise<WorldValue[]> {
    const best = new Map<string, WorldValue>();
    const { kept } = this;
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const { message } of await this.messages('values', partition)) {
        if (message.type !== 'value' || !kept.has(message.kpi)) continue;
        const key = `${message.kpi} ${message.labels} ${endOf(message)}`;
        const known = best.get(key);
        if (known === undefined || known.version <= message.version) best.set(key, message);
      }
    }
    return [...best.values()];
  }
}

/** A record of the log. */
export interface Placed {
  readonly offset: number;
  readonly message: Message;
}

/** What value rows and value messages share. */
export type WorldValue = Omit<ValueMessage, 'type'>;

/** The window end; totals have one window that never ends. */
export function endOf({ definition, windowEndMs }: WorldValue): number | 'total' {
  return definitions.get(definition)!.window.kind === 'total' ? 'total' : windowEndMs;
}

/** Values in the oracle's terms; rows without samples left out. */
export function inOracleTerms(rows: readonly WorldValue[]): OracleValues {
  return new Map(
    rows
      .filter(({ withdrawn, samples }) => !withdrawn && samples > 0)
      .map((row) => [`${row.kpi} ${row.labels} ${endOf(row)}`, `${row.value}/${row.samples}`]),
  );
}
