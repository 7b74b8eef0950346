import { join } from 'node:path';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { EventsMessage, Message, SlicesMessage, ValuesMessage } from '../../services/shared/core/messages.ts';
import { partitionOf } from '../../services/shared/core/partition.ts';
import { offsetOf } from '../../services/shared/core/version.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { eventsTopic, SLICES_TOPIC, VALUES_TOPIC } from '../../services/shared/runtime/topics.ts';
import type { LogReader } from './log-reader.ts';
import { packageRoot } from './package-root.ts';
import { Steps } from './steps.ts';

const WORKFLOW = 'bench';

/** Where an event came to in one partition of values. */
interface Arrival {
  readonly partition: number;
  /** Offset in [slices] of the progress mark that ends what the event changed. */
  readonly sliceOffset: number;
  /** Offset in [values] of the progress mark behind the values computed from that. */
  readonly valueOffset: number;
}

/** An event and every partition of values that it changes. */
export interface EventWay {
  /** Event time, which is when it was due to be sent. */
  readonly timeMs: number;
  readonly arrivals: readonly Arrival[];
}

/**
 * Follows the events of the log to the values that reflect them: each publish of slices ends with a mark that says up
 * to which event it goes, each publish of values with one that says up to which mark of slices. Gives the events whose
 * ids begin with `name-`. Throws when a mark is missing: then an event is in no value.
 */
export async function* eventWays(log: LogReader, name: string): AsyncGenerator<EventWay> {
  const registry = await LockFileRegistry.open(join(packageRoot, 'schemas', 'schemas.lock.json'));
  const codec = await MessageCodec.create(registry);
  const partitions = log.partitionsOf(SLICES_TOPIC);
  const decode = (value: Uint8Array): Message => codec.decode(value);
  const toSlices = Array.from({ length: partitions }, (_, p) => marksOfSlices(log, p, decode));
  const toValues = Array.from({ length: partitions }, (_, p) => marksOfValues(log, p, decode));
  for (let source = 0; source < log.partitionsOf(eventsTopic(WORKFLOW)); source++) {
    for (const { offset, value } of log.read(eventsTopic(WORKFLOW), source, 0)) {
      const message = decode(value) as EventsMessage;
      if (message.type !== 'event' || !message.event.id.includes(`${name}-`)) continue;
      const { activity, dimensions, timeMs } = message.event;
      const labels = activity === 'closed' ? [{}, { team: dimensions['team']! }] : [{}];
      const places = new Set(labels.map((each) => partitionOf(encodeLabels(each), partitions)));
      const arrivals = [...places].map((partition): Arrival => {
        const sliceOffset = toSlices[partition]!.get(`${WORKFLOW}/${source}`)?.atLeast(offset) ?? null;
        const valueOffset = sliceOffset === null ? null : toValues[partition]!.atLeast(sliceOffset);
        if (sliceOffset === null || valueOffset === null) throw new Error(`${message.event.id} is in no value`);
        return { partition, sliceOffset, valueOffset };
      });
      yield { timeMs, arrivals };
    }
  }
}

/** By source: at which offset of a [slices] partition a mark says that the source's events up to an offset are in. */
function marksOfSlices(log: LogReader, partition: number, decode: (value: Uint8Array) => Message): Map<string, Steps> {
  const marks = new Map<string, Steps>();
  for (const { offset, key, value } of log.read(SLICES_TOPIC, partition, 0)) {
    if (key !== null) continue;
    const message = decode(value) as SlicesMessage;
    if (message.type !== 'mark') continue;
    const steps = marks.get(message.source) ?? new Steps();
    steps.add(offsetOf(message.position), offset);
    marks.set(message.source, steps);
  }
  return marks;
}

/** At which offset of a [values] partition a mark says that the records of [slices] up to an offset are in. */
function marksOfValues(log: LogReader, partition: number, decode: (value: Uint8Array) => Message): Steps {
  const steps = new Steps();
  for (const { offset, key, value } of log.read(VALUES_TOPIC, partition, 0)) {
    if (key !== null) continue;
    const message = decode(value) as ValuesMessage;
    if (message.type === 'mark') steps.add(offsetOf(message.position), offset);
  }
  return steps;
}
