import type { Decimal } from '../core/decimal.ts';
import { TaktError } from '../core/errors.ts';
import type { WorkflowEvent } from '../core/event.ts';
import type { Message, SliceSnapshot } from '../core/messages.ts';

interface AvroDecimal {
  readonly unscaled: Buffer;
  readonly scale: number;
}

/** avsc writes a long below it as another number, without an error. */
export const LONG_MIN = -(2 ** 52);

/** The Avro body of a message. Throws INTERNAL for a whole number that would not come back as it is. */
export function toAvro(message: Message): unknown {
  for (const long of longsOf(message)) {
    // One that is too large, or not whole, avsc refuses itself.
    if (long !== null && long < LONG_MIN)
      throw new TaktError('INTERNAL', `a ${message.type} holds ${long}; the log keeps nothing below ${LONG_MIN}.`);
  }
  switch (message.type) {
    case 'event': {
      const { event } = message;
      const dimensions = Object.entries(event.dimensions).map(([name, value]) => ({ name, value }));
      return { ...event, dimensions, value: event.value === null ? null : decimalToAvro(event.value) };
    }
    case 'slice':
      return { ...message, version: versionToBytes(message.version), state: asBuffer(message.state) };
    case 'slices': {
      const snapshots = message.snapshots.map((each) => {
        return { ...each, version: versionToBytes(each.version), state: asBuffer(each.state) };
      });
      return { ...message, snapshots };
    }
    case 'mark':
      return {
        ...message,
        position: versionToBytes(message.position),
        storedPosition: versionToBytes(message.storedPosition),
      };
    case 'value':
    case 'transition':
      return { ...message, version: versionToBytes(message.version) };
    case 'tick':
    case 'import':
    case 'control':
    case 'fill':
    case 'cut':
    case 'delivery':
      return message;
  }
}

/** The fields of Avro's type long. */
function longsOf(message: Message): readonly (number | null)[] {
  switch (message.type) {
    case 'event':
      return [message.event.timeMs];
    case 'slice':
      return [message.sliceStartMs, message.samples];
    case 'slices':
      return message.snapshots.flatMap(({ sliceStartMs, samples }) => [sliceStartMs, samples]);
    case 'mark':
      return [message.watermarkMs];
    case 'value':
      return [message.windowStartMs, message.windowEndMs, message.samples];
    case 'transition':
      return [message.timeMs, message.samples];
    case 'delivery':
      return [message.nextMs, message.timeMs];
    case 'import':
      return [message.maxEventMs];
    case 'cut':
      return [message.lateMs, message.frozenMs];
    case 'tick':
    case 'control':
    case 'fill':
      return [];
  }
}

/** The message of an Avro body. */
export function fromAvro(type: Message['type'], body: unknown): Message {
  const record = body as Record<string, never>;
  switch (type) {
    case 'event':
      return { type, event: eventFromAvro(body as AvroEvent) };
    case 'mark':
      return {
        ...record,
        type,
        position: bytesToVersion(record['position']!),
        storedPosition: bytesToVersion(record['storedPosition']!),
      } as unknown as Message;
    case 'slices':
      return batchFromAvro(body as AvroBatch);
    case 'slice':
    case 'value':
    case 'transition':
      return { ...record, type, version: bytesToVersion(record['version']!) } as unknown as Message;
    case 'tick':
      return { type };
    case 'import':
    case 'control':
    case 'fill':
    case 'cut':
    case 'delivery':
      return { ...record, type } as unknown as Message;
  }
}

interface AvroBatch {
  readonly source: string;
  readonly snapshots: readonly (Omit<SliceSnapshot, 'type' | 'source' | 'version'> & { readonly version: Buffer })[];
}

function batchFromAvro({ source, snapshots }: AvroBatch): Message {
  const read = snapshots.map((each): SliceSnapshot => {
    return { ...each, type: 'slice', source, version: bytesToVersion(each.version) };
  });
  return { type: 'slices', source, snapshots: read };
}

type AvroEvent = Omit<WorkflowEvent, 'dimensions' | 'value'> & {
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
  readonly value: AvroDecimal | null;
};

function eventFromAvro(body: AvroEvent): WorkflowEvent {
  const { workflow, caseId, id, kind, activity, timeMs, target, importId } = body;
  const dimensions: Record<string, string> = {};
  for (const { name, value } of body.dimensions) putDimension(dimensions, name, value);
  const value = body.value === null ? null : decimalOf(body.value.unscaled, body.value.scale);
  return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId };
}

function decimalToAvro({ unscaled, scale }: Decimal): AvroDecimal {
  let bits = 8n;
  while (BigInt.asIntN(Number(bits), unscaled) !== unscaled) bits += 8n;
  const hex = BigInt.asUintN(Number(bits), unscaled)
    .toString(16)
    .padStart(Number(bits) / 4, '0');
  return { unscaled: Buffer.from(hex, 'hex'), scale };
}

/** Sets a dimension. One called __proto__ must stay a dimension. */
export function putDimension(dimensions: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(dimensions, name, { value, enumerable: true, writable: true, configurable: true });
  else dimensions[name] = value;
}

/** A decimal from the two's complement of its unscaled part, big-endian, and its scale. */
export function decimalOf(unscaled: Buffer, scale: number): Decimal {
  if (unscaled.length === 0) return { unscaled: 0n, scale };
  return { unscaled: BigInt.asIntN(unscaled.length * 8, BigInt(`0x${unscaled.toString('hex')}`)), scale };
}

function versionToBytes(version: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(version);
  return bytes;
}

function bytesToVersion(bytes: unknown): bigint {
  return (bytes as Buffer).readBigInt64BE();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
