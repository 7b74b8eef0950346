import { createHash } from 'node:crypto';
import type { Place } from '../../../ports/group.ts';

/**
 * Shares a topic's partitions out among members by their names alone: each pair has a score, the highest goes first, and
 * no member gets more than its share, which differs by one at most (rendezvous hashing: Thaler and Ravishankar 1998, with
 * bounded loads). The same names give the same result, so a member that comes back gets what it had, and where one goes,
 * mostly its own partitions move.
 */
export function shareOut(
  topics: ReadonlyMap<string, number>,
  members: readonly string[],
): ReadonlyMap<string, readonly Place[]> {
  const shares = new Map<string, Place[]>(members.map((name) => [name, []]));
  if (members.length === 0) return shares;
  for (const [topic, partitions] of topics) {
    const room = roomOf(topic, partitions, members);
    for (const { name, partition } of pairsByScore(topic, partitions, members, room))
      shares.get(name)!.push({ topic, partition });
  }
  return shares;
}

/** How many partitions of a topic each member gets: all as many, and some, by score, one more. */
function roomOf(topic: string, partitions: number, members: readonly string[]): Map<string, number> {
  const least = Math.floor(partitions / members.length);
  const more = new Set(
    members
      .map((name) => ({ name, score: scoreOf(topic, 'more', name) }))
      .sort(byScore)
      .slice(0, partitions % members.length)
      .map(({ name }) => name),
  );
  return new Map(members.map((name) => [name, least + (more.has(name) ? 1 : 0)]));
}

interface Pair {
  readonly name: string;
  readonly partition: number;
}

function pairsByScore(
  topic: string,
  partitions: number,
  members: readonly string[],
  room: Map<string, number>,
): Pair[] {
  const pairs = members
    .flatMap((name) =>
      Array.from({ length: partitions }, (_, partition) => ({
        name,
        partition,
        score: scoreOf(topic, String(partition), name),
      })),
    )
    .sort(byScore);
  const taken = new Set<number>();
  return pairs.filter(({ name, partition }) => {
    const left = room.get(name)!;
    if (left === 0 || taken.has(partition)) return false;
    room.set(name, left - 1);
    taken.add(partition);
    return true;
  });
}

function byScore(a: { readonly score: string; readonly name: string }, b: typeof a): number {
  return a.score === b.score ? (a.name < b.name ? -1 : 1) : a.score < b.score ? 1 : -1;
}

function scoreOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
