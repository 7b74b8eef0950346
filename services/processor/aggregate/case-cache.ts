import { ByteOutput } from '../../shared/core/bytes/byte-output.ts';
import { ByteTable } from '../../shared/core/bytes/byte-table.ts';
import { CasePacker } from '../../shared/core/measure/case-pack.ts';
import type { Delta } from '../../shared/core/measure/case-folds.ts';
import { CaseState } from '../../shared/core/measure/case-state.ts';
import { type CaseSummary, summaryOf } from '../../shared/core/measure/case-summary.ts';
import type { EventOrder } from '../../shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../shared/core/event.ts';
import type { WorkflowPlan } from '../../shared/core/measure/workflow-plan.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import { fromEventRow } from './event-rows.ts';
import { StoredCaseFilter } from './stored-case-filter.ts';

/** Bytes of a workflow's cases kept in memory by one process; above it those that were stored longest ago leave. */
export const CASE_BYTES_MAX = 256 * 1024 * 1024;
/** A case of more events is kept as objects while it is used: to read them all for each further one would take long. */
const PACKED_EVENTS_MAX = 12;
/** Cases of a partition that are kept so; above it those used longest ago are packed. */
const LONG_CASES_MAX = 500;

/** Of a packed case, before its events: the offset of its last event, a double, and whether it changed since it was taken. */
const CHANGED_AT = 8;
const EVENTS_AT = 9;

/** A case of many events. */
interface LongCase {
  readonly state: CaseState;
  changed: boolean;
}

/**
 * The cases of one partition. A case is its events: those not in memory come from the archive, below the record in
 * hand (DESIGN.md section 4, point 2), in one query per fetched batch.
 */
export class CaseCache {
  private readonly table: ByteTable;
  private readonly packer = new CasePacker();
  private readonly out = new ByteOutput();
  private readonly key = new ByteOutput();
  private readonly long = new Map<string, LongCase>();
  /** Becomes each packed case that an event is added to. */
  private readonly packed = new CaseState([]);
  /** The case that was looked for last and whether the table has it, while nothing was put since. */
  private lastId: string | null = null;
  private lastFound = false;
  /** Cases that changed since the last `takeChanged`. */
  private changed: string[] = [];
  /** Events up to here are acknowledged: a case that has no later one may leave. */
  private ackedOffset = -1;
  /** The first period of the archive that counts. */
  private fromPeriod = 0;
  /** Cases that were forgotten since they changed. */
  private forgotten: [caseId: string, summary: CaseSummary][] = [];
  readonly filter: StoredCaseFilter;
  private readonly store: KpiStore;
  private readonly workflow: string;
  private readonly partition: number;
  private readonly bytesMax: number;

  constructor(options: { store: KpiStore; workflow: string; partition: number; epoch: number; bytesMax: number }) {
    this.store = options.store;
    this.workflow = options.workflow;
    this.partition = options.partition;
    this.bytesMax = options.bytesMax;
    this.table = new ByteTable(options.bytesMax);
    this.filter = new StoredCaseFilter(options);
  }

  /** Starts with nothing in memory and all up to `ackedOffset` acknowledged; `fromPeriod`: the first of the archive that counts. */
  async restore(ackedOffset: number, fromPeriod = 0): Promise<void> {
    this.table.clear();
    this.long.clear();
    this.lastId = null;
    this.changed = [];
    this.forgotten = [];
    this.fromPeriod = fromPeriod;
    this.ackedOffset = ackedOffset;
    await this.filter.restore();
  }

  /**
   * Brings cases into memory as they were before `belowOffset`, a record that none of their events in memory comes
   * before; one that is not in the store is new. They stay until `evict`.
   */
  async load(caseIds: Iterable<string>, belowOffset: number): Promise<void> {
    const missing = new Set<string>();
    for (const id of caseIds) if (this.isMissing(id)) missing.add(id);
    if (missing.size === 0) return;
    const byCase = new Map<string, LoggedEvent[]>();
    const { store, workflow, partition, fromPeriod } = this;
    for (const row of await store.caseEvents(workflow, partition, [...missing], belowOffset, fromPeriod)) {
      const events = byCase.get(row.caseId);
      if (events === undefined) byCase.set(row.caseId, [fromEventRow(row)]);
      else events.push(fromEventRow(row));
    }
    for (const [id, events] of byCase) this.putPacked(id, events, false);
  }

  private isMissing(caseId: string): boolean {
    if (this.find(caseId) || (this.long.size > 0 && this.long.has(caseId))) return false;
    return this.filter.mayHave(caseId);
  }

  /** Whether the table has the case; its value is then where the table says. */
  private find(caseId: string): boolean {
    if (this.lastId === caseId) return this.lastFound;
    const { key } = this;
    key.at = 0;
    key.text(caseId);
    this.lastId = caseId;
    this.lastFound = this.table.find(key.bytes, key.at);
    return this.lastFound;
  }

  /** Adds an event to its case, which `load` brought in or which is new. Gives what changes; null for a duplicate. */
  add(event: LoggedEvent, plan: WorkflowPlan): Delta[] | null {
    const { caseId } = event;
    const long = this.useLong(caseId);
    const known = long === undefined && this.find(caseId);
    const state = long?.state ?? this.packed;
    if (long === undefined) state.become(known ? this.unpackFound(caseId) : []);
    const deltas = state.add(event, plan);
    if (deltas === null) return null;
    if (!known && long === undefined) this.filter.add(caseId);
    const changed = long?.changed ?? (known && this.table.bytes[this.table.start + CHANGED_AT] === 1);
    if (!changed) this.changed.push(caseId);
    if (long !== undefined) long.changed = true;
    else if (state.events.length > PACKED_EVENTS_MAX)
      this.keepLong(caseId, { state: new CaseState(state.events), changed: true });
    else if (known) this.append(event);
    else this.putPacked(caseId, state.events, true);
    return deltas;
  }

  /** A long case, now the one used last. */
  private useLong(caseId: string): LongCase | undefined {
    const long = this.long.size === 0 ? undefined : this.long.get(caseId);
    if (long === undefined) return undefined;
    this.long.delete(caseId);
    this.long.set(caseId, long);
    return long;
  }

  private keepLong(caseId: string, long: LongCase): void {
    this.table.delete(this.key.bytes, this.key.at);
    this.lastId = null;
    this.long.set(caseId, long);
  }

  private unpackFound(caseId: string): LoggedEvent[] {
    const { bytes, start, end } = this.table;
    return this.packer.unpack(this.workflow, caseId, bytes, start + EVENTS_AT, end);
  }

  /** Adds an event to the case that was found last. */
  private append(event: LoggedEvent): void {
    const { out, key, table } = this;
    this.begin(event.offset, true);
    out.raw(table.bytes, table.start + EVENTS_AT, table.end);
    this.packer.pack(out, event);
    table.put(key.bytes, key.at, out.bytes, out.at);
    this.lastId = null;
  }

  private putPacked(caseId: string, events: readonly LoggedEvent[], changed: boolean): void {
    const { out, key } = this;
    key.at = 0;
    key.text(caseId);
    this.begin(
      events.reduce((last, { offset }) => Math.max(last, offset), -1),
      changed,
    );
    for (const event of events) this.packer.pack(out, event);
    this.table.put(key.bytes, key.at, out.bytes, out.at);
    this.lastId = null;
  }

  private begin(lastOffset: number, changed: boolean): void {
    const { out } = this;
    out.at = 0;
    out.room(EVENTS_AT);
    out.at = out.bytes.writeDoubleLE(lastOffset, 0);
    out.bytes[out.at++] = changed ? 1 : 0;
  }

  /** The events of a case, in the order in which they came; none where it is not in memory. */
  eventsOf(caseId: string): readonly LoggedEvent[] {
    const long = this.long.get(caseId);
    if (long !== undefined) return long.state.events;
    return this.find(caseId) ? this.unpackFound(caseId) : NO_EVENTS;
  }

  /**
   * Hands out the cases that changed since the last time, each once and summed up; they cannot leave before they are
   * acknowledged.
   */
  *takeChanged(order: EventOrder): Generator<[caseId: string, summary: CaseSummary]> {
    yield* this.forgotten.splice(0);
    const ids = this.changed;
    this.changed = [];
    for (const id of ids) {
      const long = this.long.get(id);
      if (long !== undefined) {
        long.changed = false;
        yield [id, summaryOf(long.state.events, order)];
      } else if (this.find(id)) {
        const { bytes, start, end } = this.table;
        bytes[start + CHANGED_AT] = 0;
        const summary = this.packer.summary(bytes, start + EVENTS_AT, end);
        yield [id, summary ?? summaryOf(this.unpackFound(id), order)];
      }
    }
  }

  /** From here on earlier periods of the archive do not count, and these cases, which have nothing else, are none. */
  expire(fromPeriod: number, caseIds: readonly string[], order: EventOrder): void {
    this.fromPeriod = fromPeriod;
    const changed = new Set(this.changed);
    for (const id of caseIds) {
      const events = this.eventsOf(id);
      if (events.length === 0) continue;
      if (changed.delete(id)) this.forgotten.push([id, summaryOf(events, order)]);
      if (!this.long.delete(id) && this.find(id)) this.table.delete(this.key.bytes, this.key.at);
      this.lastId = null;
    }
    this.changed = [...changed];
  }

  /** The store has all events up to this offset. */
  acknowledge(offset: number): void {
    this.ackedOffset = offset;
  }

  /** All events that are not acknowledged, in the order of the log: the archive may or may not have them. */
  unacknowledged(): LoggedEvent[] {
    const events: LoggedEvent[] = [];
    const take = (all: readonly LoggedEvent[]): void => {
      for (const event of all) if (event.offset > this.ackedOffset) events.push(event);
    };
    for (const { state } of this.long.values()) take(state.events);
    this.table.forEach((bytes, keyStart, keyEnd, end) => {
      if (bytes.readDoubleLE(keyEnd) <= this.ackedOffset) return;
      take(this.packer.unpack(this.workflow, idOf(bytes, keyStart, keyEnd), bytes, keyEnd + EVENTS_AT, end));
    });
    return events.sort((a, b) => a.offset - b.offset);
  }

  /** After a batch: above the limits long cases are packed, and the cases that were stored longest ago leave. */
  evict(bytesMax = this.bytesMax): void {
    for (const [id, { state, changed }] of this.long) {
      if (this.long.size <= LONG_CASES_MAX) break;
      this.long.delete(id);
      this.putPacked(id, state.events, changed);
    }
    this.lastId = null;
    this.table.evict((bytes, start) => this.mayLeave(bytes, start), bytesMax);
  }

  private mayLeave(bytes: Buffer, start: number): boolean {
    return bytes[start + CHANGED_AT] === 0 && bytes.readDoubleLE(start) <= this.ackedOffset;
  }

  get size(): number {
    return this.table.size + this.long.size;
  }
}

const NO_EVENTS: readonly LoggedEvent[] = [];

/** The case id of a key, behind its length. */
function idOf(bytes: Buffer, keyStart: number, keyEnd: number): string {
  let start = keyStart;
  while (bytes[start]! >= 0x80) start++;
  return bytes.toString('utf8', start + 1, keyEnd);
}
