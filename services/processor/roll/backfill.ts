import type { Definition } from '../../shared/core/definition.ts';
import type { DerivedGroup, DerivedPlan } from './derived-groups.ts';
import type { SeriesTable } from './series-table.ts';

/** Label sets that are loaded whole for one computation. */
const LABELS_PER_TURN = 100;

/** A derived KPI with its leaves, or a measured one alone. */
interface Item {
  readonly members: readonly Definition[];
  /** Of a derived one, whose hash it is. */
  readonly group: DerivedGroup | null;
  readonly derived: string | null;
  readonly hashes: readonly string[];
}

/**
 * Brings definitions up that are new for all time. A measured one is blocked until all sources of its workflow have all of
 * its cases (`lacks` says of which not): its snapshots are kept aside until then. After that its label sets are loaded
 * whole, some at each computation, so that live values do not wait; no event would bring them up. So are those of derived
 * KPIs, which are blocked as long as one of their leaves is. A restart begins anew with what was not done.
 */
export class Backfill {
  private readonly series: SeriesTable;
  private readonly lacks: (definition: Definition) => boolean;
  private items: readonly Item[] = [];
  /** Hashes of all of them. */
  private known = new Set<string>();
  private done = new Set<string>();
  private blocked = new Set<string>();
  /** What is being loaded, and the label sets that still are to be. */
  private current: { readonly item: Item; readonly labels: string[][] } | null = null;

  constructor(series: SeriesTable, lacks: (definition: Definition) => boolean) {
    this.series = series;
    this.lacks = lacks;
  }

  /** The definitions in force, by group or alone, and the hashes of those that are computed for all time. */
  start(measured: readonly Definition[], groups: readonly DerivedGroup[], done: readonly string[]): void {
    // Those with their leaves first: these are computed by then.
    this.items = [
      ...groups.flatMap((group) => group.derived.map((plan) => itemOf(plan, group))),
      ...measured.map((definition) => ({
        members: [definition],
        group: null,
        derived: null,
        hashes: [definition.hash],
      })),
    ];
    // Of one that was not in force for a while nobody computed anything.
    this.known = new Set(this.items.flatMap(({ hashes }) => hashes));
    this.done = new Set(done.filter((hash) => this.known.has(hash)));
    this.blocked = new Set();
    this.current = null;
    this.refresh();
  }

  /** These begin with nothing again, and with them what is computed from them. */
  begin(filling: readonly string[]): void {
    for (const hash of filling) {
      if (!this.done.delete(hash) && this.current?.item.hashes.includes(hash) !== true) continue;
      if (this.current?.item.hashes.includes(hash) === true) this.current = null;
      for (const { derived, members } of this.items)
        if (derived !== null && members.some((member) => member.hash === hash)) this.done.delete(derived);
    }
  }

  /** Looks again at what the sources lack. Gives the measured definitions that are not blocked any more. */
  refresh(): readonly Definition[] {
    const before = this.blocked;
    this.blocked = new Set();
    const opened: Definition[] = [];
    for (const { members, derived } of this.items) {
      if (derived !== null) continue;
      for (const member of members) {
        if (this.done.has(member.hash)) continue;
        if (this.lacks(member)) this.blocked.add(member.hash);
        else if (before.has(member.hash)) opened.push(member);
      }
    }
    for (const { members, derived } of this.items)
      if (derived !== null && members.some(({ hash }) => this.blocked.has(hash))) this.blocked.add(derived);
    // What is loaded would not be computed.
    if (this.current?.item.members.some(({ hash }) => this.blocked.has(hash)) === true) this.current = null;
    return opened;
  }

  /** Whether a definition may not be computed yet; one that is not in force here, as far as is known, never is. */
  isBlocked(hash: string): boolean {
    return this.blocked.has(hash) || !this.known.has(hash);
  }

  /** Whether a definition is in force here, as far as is known. */
  knows(hash: string): boolean {
    return this.known.has(hash);
  }

  /** Hashes of the definitions that are computed for all time, once what was computed is stored. */
  get filled(): readonly string[] {
    return [...this.done].sort();
  }

  /** Whether one of them is not among these. */
  lacksIn(hashes: ReadonlySet<string>): boolean {
    for (const hash of this.done) if (!hashes.has(hash)) return true;
    return false;
  }

  /** Whether something is not computed for all time that could be. */
  get isFilling(): boolean {
    return this.items.some((item) => this.isDue(item));
  }

  private isDue({ members, hashes }: Item): boolean {
    return hashes.some((hash) => !this.done.has(hash)) && !members.some(({ hash }) => this.blocked.has(hash));
  }

  /** Loads the next label sets, which the computation after it brings up. */
  async load(): Promise<void> {
    for (const item of this.current === null ? this.items : []) {
      if (!this.isDue(item)) continue;
      const labels = [...(await this.series.labelSets(item.members))];
      this.current = { item, labels: [] };
      for (let at = 0; at < labels.length; at += LABELS_PER_TURN)
        this.current.labels.push(labels.slice(at, at + LABELS_PER_TURN));
      if (labels.length > 0) break;
      this.computed();
    }
    const next = this.current?.labels.pop();
    if (next === undefined) return;
    const { group, members } = this.current!.item;
    const wanted = new Map(next.map((labels) => [labels, [-Infinity]]));
    if (group === null) await this.series.load(members[0]!, wanted);
    else await this.series.loadTogether(group, wanted);
  }

  /** What was loaded is computed. */
  computed(): void {
    if (this.current === null || this.current.labels.length > 0) return;
    for (const hash of this.current.item.hashes) this.done.add(hash);
    this.current = null;
  }
}

function itemOf({ definition, leaves }: DerivedPlan, group: DerivedGroup): Item {
  const members = [...new Map(leaves.map((leaf) => [leaf.definition.hash, leaf.definition])).values()];
  const hashes = [...members.map(({ hash }) => hash), definition.hash];
  return { members, group, derived: definition.hash, hashes };
}
