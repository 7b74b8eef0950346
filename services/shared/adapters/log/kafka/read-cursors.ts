import { ReadCursor } from './read-cursor.ts';

/** Readers of one partition; above it the one that read longest ago starts over when it comes back. */
const CURSORS_MAX = 8;

/** A cursor with what its fetches need. */
export interface Fetching {
  readonly cursor: ReadCursor;
  /** The broker that leads its partition; null until it is looked up. */
  nodeId: string | null;
  /** The number of the fetch that asked for it last. */
  turn: number;
}

/** The cursors of all readers, by partition. */
export class ReadCursors {
  /** By topic and partition; the one read longest ago comes first. */
  private readonly byPlace = new Map<string, Fetching[]>();
  /** All of them; null: some came or went since they were listed. Every read looks through them. */
  private listed: readonly Fetching[] | null = null;
  private turns = 0;

  all(): readonly Fetching[] {
    this.listed ??= [...this.byPlace.values()].flat();
    return this.listed;
  }

  of(topic: string, partition: number): readonly Fetching[] {
    return this.byPlace.get(`${topic}/${partition}`) ?? [];
  }

  /** The cursor for who reads at this position: one that is there, or a new one. */
  at(topic: string, partition: number, position: number): ReadCursor {
    const place = `${topic}/${partition}`;
    const list = this.byPlace.get(place) ?? [];
    this.byPlace.set(place, list);
    const index = list.findIndex(({ cursor }) => cursor.position === position);
    const [found] = index < 0 ? [] : list.splice(index, 1);
    const used = found ?? { cursor: new ReadCursor(topic, partition, position), nodeId: null, turn: 0 };
    list.push(used);
    if (found === undefined) this.listed = null;
    if (list.length > CURSORS_MAX) list.shift()!.cursor.giveUp();
    return used.cursor;
  }

  drop(cursor: ReadCursor): void {
    const { topic, partition } = cursor;
    const others = this.of(topic, partition).filter((other) => other.cursor !== cursor);
    this.byPlace.set(`${topic}/${partition}`, others);
    this.listed = null;
  }

  /**
   * Whom the next request to a broker asks for. It may name a partition once: of readers at several of its offsets the one
   * that waits longest. `others`: some have to wait for the request after it, so it must not wait at the broker.
   */
  chosen(nodeId: string): { readonly asked: ReadonlyMap<string, ReadCursor>; readonly others: boolean } {
    const wanted = this.all().filter((fetching) => fetching.nodeId === nodeId && fetching.cursor.wantsMore);
    const turn = ++this.turns;
    const asked = new Map<string, ReadCursor>();
    let others = false;
    for (const fetching of wanted.toSorted((a, b) => a.turn - b.turn)) {
      const { cursor } = fetching;
      const place = `${cursor.topic}/${cursor.partition}`;
      const first = asked.get(place);
      if (first === undefined) asked.set(place, cursor);
      if (first === undefined || first.fetchOffset === cursor.fetchOffset) fetching.turn = turn;
      else others = true;
    }
    return { asked, others };
  }

  /** Its broker failed: all of its cursors are looked up anew, and told. */
  lose(nodeId: string, error: unknown): void {
    for (const fetching of this.all()) {
      if (fetching.nodeId !== nodeId) continue;
      fetching.nodeId = null;
      fetching.cursor.fail(error);
    }
  }
}
