import type { Lane, Outgoing } from './notify-lane.ts';
import type { Member } from './notify-member.ts';
import type { Group, NotifyState } from './notify-state.ts';

/** The state as JSON text, for the position row of its fold: the same text for the same state. */
export function encodeNotifyState({ clockMs, groups }: NotifyState): string {
  const rules = [...groups].map(([rule, { members, lanes }]) => ({
    rule,
    members: [...members.values()],
    lanes: [...lanes].map(([channel, lane]) => storedLane(channel, lane)),
  }));
  return JSON.stringify({ clockMs, rules });
}

/** Field by field: the order of an object's fields must not tell whether it was loaded before. */
function storedLane(channel: string, lane: Lane): StoredLane {
  const { told, changed, lastMs, dueMs, current, failure } = lane;
  return { channel, told: [...told], changed, lastMs, dueMs, current: storedOutgoing(current), failure };
}

function storedOutgoing(outgoing: Outgoing | null): StoredOutgoing | null {
  if (outgoing === null) return null;
  const { key, details, tells, attempts, nextMs, reason } = outgoing;
  return { key, details, tells: [...tells], attempts, nextMs, reason };
}

/** The state that `encodeNotifyState` wrote. */
export function decodeNotifyState(text: string): NotifyState {
  const { clockMs, rules } = JSON.parse(text) as StoredState;
  const groups = rules.map(({ rule, members, lanes }): [string, Group] => [
    rule,
    {
      members: new Map(members.map((member) => [member.labels, member])),
      lanes: new Map(lanes.map((lane) => [lane.channel, laneOf(lane)])),
    },
  ]);
  return { clockMs, groups: new Map(groups) };
}

function laneOf({ told, changed, lastMs, dueMs, current, failure }: StoredLane): Lane {
  const outgoing = current === null ? null : { ...current, tells: new Map(current.tells) };
  return { told: new Map(told), changed, lastMs, dueMs, current: outgoing, failure };
}

type Entries = readonly (readonly [string, string])[];
type StoredOutgoing = Omit<Outgoing, 'tells'> & { readonly tells: Entries };
type StoredLane = Omit<Lane, 'told' | 'current'> & {
  readonly channel: string;
  readonly told: Entries;
  readonly current: StoredOutgoing | null;
};

interface StoredState {
  readonly clockMs: number;
  readonly rules: readonly {
    readonly rule: string;
    readonly members: readonly Member[];
    readonly lanes: readonly StoredLane[];
  }[];
}
