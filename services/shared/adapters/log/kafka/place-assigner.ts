import type { Assigner, PartitionAssigner } from 'kafkajs';
import type { Place } from '../../../ports/group.ts';
import { AssignerProtocol } from './kafkajs-module.ts';
import { shareOut } from './place-sharing.ts';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const NAME = 'takt';
const VERSION = 1;

/** As far as the assigner reads kafkajs's view of the cluster. */
interface Topics {
  findTopicPartitionMetadata(topic: string): readonly unknown[];
}

/**
 * How a consumer group of takt shares partitions out: by the names of its members (`shareOut`). A member tells its name
 * beside the topics that it reads, and is given partitions of those only: during an upgrade the others may read more.
 */
export function placeAssigner(instance: string): PartitionAssigner {
  return ({ cluster }): Assigner => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => {
      const metadata = MemberMetadata.encode({
        version: VERSION,
        topics: [...topics],
        userData: Buffer.from(instance),
      });
      return { name: NAME, metadata };
    },
    async assign({ members, topics }) {
      const told = members.map(({ memberId, memberMetadata }) => {
        const metadata = MemberMetadata.decode(memberMetadata);
        return { memberId, topics: metadata?.topics ?? [], name: metadata?.userData.toString() ?? memberId };
      });
      const namesakes = (name: string): number => told.filter((member) => member.name === name).length;
      const named = told.map(({ name, ...member }) => ({
        ...member,
        name: namesakes(name) > 1 ? `${name} ${member.memberId}` : name,
      }));
      const places = new Map<string, Place[]>(named.map(({ name }) => [name, []]));
      for (const topic of topics) {
        const readers = named.filter((member) => member.topics.includes(topic)).map(({ name }) => name);
        const { length } = (cluster as unknown as Topics).findTopicPartitionMetadata(topic);
        for (const [name, share] of shareOut(new Map([[topic, length]]), readers)) places.get(name)!.push(...share);
      }
      return named.map(({ memberId, name }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: byTopic(places.get(name)!),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function byTopic(places: readonly Place[]): Record<string, number[]> {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of places) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return Object.fromEntries(topics);
}
