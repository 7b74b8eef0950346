import { NOTIFY_START } from '../../shared/core/notify/notify-state.ts';
import { encodeNotifyState } from '../../shared/core/notify/notify-state-json.ts';
import { type PartitionTime, TIME_START } from '../../shared/core/partition-time.ts';
import type { CutTimes } from '../../shared/core/retention.ts';

interface AggregateContent {
  readonly time: PartitionTime;
  readonly cut?: CutTimes;
}

interface AlertContent {
  readonly clockMs: number;
  readonly rules: readonly string[];
  readonly sources: unknown;
}

/**
 * What a fold goes on from in a new epoch. `contents`: of the positions before, by partition. `partition`: the one that
 * it continues; null where keys are in other partitions now, so that only what holds for all of them holds for it.
 * aggregate has no definitions then: the control record that follows has it compute all of them from the archive.
 */
export function restartedContent(
  stage: 'aggregate' | 'roll' | 'alert' | 'notify' | 'letters',
  contents: readonly (string | null)[],
  partition: number | null,
): string {
  const own = partition === null ? null : (contents[partition] ?? null);
  switch (stage) {
    case 'aggregate': {
      const some = partition === null ? contents : [own];
      return JSON.stringify({ time: restartedTime(some), definitions: [], ...restartedCut(some) });
    }
    case 'roll':
      return own ?? '{}';
    case 'alert':
      return own ?? JSON.stringify(mergedAlert(contents));
    case 'notify':
      return contents[0] ?? encodeNotifyState(NOTIFY_START);
    case 'letters':
      return '{}';
  }
}

/** As far as all of them are; imports that were open were interrupted, and are run again. */
function restartedTime(contents: readonly (string | null)[]): PartitionTime {
  const times = contents.map((content) =>
    content === null ? TIME_START : (JSON.parse(content) as AggregateContent).time,
  );
  const watermarks = times.map(({ watermarkMs }) => watermarkMs);
  const events = times.flatMap(({ lastEventMs }) => (lastEventMs === null ? [] : [lastEventMs]));
  return {
    clockMs: Math.max(...times.map(({ clockMs }) => clockMs)),
    watermarkMs: watermarks.includes(null) ? null : Math.min(...watermarks.map((ms) => ms ?? Infinity)),
    lastEventMs: events.length === 0 ? null : Math.max(...events),
    openImports: {},
  };
}

/**
 * The earliest of the cuts: what was archived below a later one is in the archive, and no case that goes on is lost. Of partitions
 * without one all events have a period by then (epoch-rows).
 */
function restartedCut(contents: readonly (string | null)[]): { readonly cut?: CutTimes } {
  const cuts = contents.map((content) =>
    content === null ? undefined : (JSON.parse(content) as AggregateContent).cut,
  );
  const known = cuts.filter((cut) => cut !== undefined);
  if (known.length === 0) return {};
  const earliest = (time: keyof CutTimes): number => Math.min(...known.map((cut) => cut[time]));
  return { cut: { lateMs: earliest('lateMs'), frozenMs: earliest('frozenMs') } };
}

/** The rules stay in force: their instances go on. Where the sources are, their next marks tell. */
function mergedAlert(contents: readonly (string | null)[]): AlertContent {
  const known = contents.flatMap((content) => (content === null ? [] : [JSON.parse(content) as AlertContent]));
  return {
    clockMs: Math.max(0, ...known.map(({ clockMs }) => clockMs)),
    sources: {},
    rules: [...new Set(known.flatMap(({ rules }) => rules))],
  };
}
