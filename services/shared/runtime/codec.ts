import avro from 'avsc';
import type { Codec } from '../core/codec.ts';
import { TaktError } from '../core/errors.ts';
import type { Message, SliceBatch } from '../core/messages.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import { AvroInput } from './avro-input.ts';
import { AvroOutput } from './avro-output.ts';
import { fromAvro, toAvro } from './codec-shapes.ts';
import { EventReader } from './event-reader.ts';
import { readSliceBatch, writeSliceBatch } from './slice-batch-format.ts';

/** Message type to registry subject (and schemas/<subject>.avsc). */
const SUBJECTS: Readonly<Record<Message['type'], string>> = {
  event: 'event',
  tick: 'tick',
  import: 'import-bracket',
  control: 'control',
  fill: 'fill',
  cut: 'cut',
  slice: 'slice-snapshot',
  slices: 'slice-batch',
  mark: 'progress-mark',
  value: 'value',
  transition: 'transition',
  delivery: 'delivery',
};
/** Byte 0 of the Confluent wire format, then the schema id as 4 bytes, big-endian. */
const MAGIC = 0;
const HEADER_BYTES = 5;
/** Schemas of others that are remembered; records of takt have none. */
const FOREIGN_MAX = 1_000;

interface Subject {
  readonly type: Message['type'];
  readonly id: number;
  readonly avro: avro.Type;
}

/** Room for most messages; a larger one enlarges it. */
const SCRATCH_BYTES = 4_096;

/** SHA-256 of the canonical forms of the schemas that are read and written without avsc. */
const FAST_SCHEMAS: Readonly<Record<string, Message['type']>> = {
  b2e0b2e565b2ba4249d88414dac56bc6c40f3160ff5752b7cfeb887673da18f8: 'event',
  '4c04e9bba3abaea6c93e2c2f5dd1394509e08af59fc2cbc33b50ee1f1e05d6ca': 'slices',
};

interface Reader {
  readonly type: Message['type'];
  readonly avro: avro.Type;
  /** Reads the bytes behind the header without avsc. */
  readonly fast: ((bytes: Buffer) => Message) | null;
  /** For a writer schema that is not the current one. */
  readonly resolver: avro.Resolver | null;
}

/** Messages as Avro in the Confluent wire format; the schema id tells the type. */
export class MessageCodec implements Codec {
  private readonly subjects: ReadonlyMap<Message['type'], Subject>;
  private readonly readers = new Map<number, Reader>();
  private readonly registry: SchemaRegistry;
  /** Ids of schemas that no message of takt has, with what they are. */
  private readonly foreign = new Map<number, string>();
  /** Where messages are written before their length is known. */
  private scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  private readonly input = new AvroInput();
  private readonly output = new AvroOutput();
  private readonly events = new EventReader(this.input);
  private readonly writesBatches: boolean;

  private constructor(subjects: ReadonlyMap<Message['type'], Subject>, registry: SchemaRegistry) {
    this.subjects = subjects;
    this.registry = registry;
    for (const { type, id, avro: schema } of subjects.values()) {
      const fast = isFast(type, schema) ? this.fastReader(type) : null;
      this.readers.set(id, { type, avro: schema, fast, resolver: null });
    }
    const batch = subjects.get('slices')!;
    this.writesBatches = isFast('slices', batch.avro);
  }

  private fastReader(type: Message['type']): Reader['fast'] {
    const { input, events } = this;
    const read =
      type === 'event' ? (): Message => ({ type, event: events.read() }) : (): Message => readSliceBatch(input);
    return (bytes) => {
      input.open(bytes, HEADER_BYTES);
      const message = read();
      input.end();
      return message;
    };
  }

  /** Reads the current schemas, and those of `olderIds` (ids that records in the log may still carry). */
  static async create(registry: SchemaRegistry, olderIds: readonly number[] = []): Promise<MessageCodec> {
    const subjects = new Map<Message['type'], Subject>();
    for (const [type, subject] of Object.entries(SUBJECTS) as [Message['type'], string][]) {
      const id = await registry.idOf(subject);
      subjects.set(type, { type, id, avro: parse(await registry.schemaOf(id)) });
    }
    const codec = new MessageCodec(subjects, registry);
    for (const id of olderIds) if (!codec.readers.has(id)) codec.addWriter(id, parse(await registry.schemaOf(id)));
    return codec;
  }

  private addWriter(id: number, writer: avro.Type): void {
    for (const { type, avro: reader } of this.subjects.values()) {
      if (reader.name !== writer.name) continue;
      this.readers.set(id, { type, avro: reader, fast: null, resolver: reader.createResolver(writer) });
    }
  }

  async prepare(values: readonly Uint8Array[]): Promise<void> {
    for (const value of values) {
      const id = idOf(value);
      if (id === null || this.readers.has(id) || this.foreign.has(id)) continue;
      const schema = await this.registry.schemaOf(id);
      try {
        this.addWriter(id, parse(schema));
      } catch (error) {
        this.foreign.set(id, (error as Error).message);
      }
      if (!this.readers.has(id) && this.foreign.size < FOREIGN_MAX) this.foreign.set(id, 'of no message of takt');
    }
  }

  encode(message: Message): Buffer {
    const { id, avro: schema } = this.subjects.get(message.type)!;
    if (message.type === 'slices' && this.writesBatches) return this.encodeBatch(message, id);
    const body = toAvro(message);
    let end = schema.encode(body, this.scratch, HEADER_BYTES);
    if (end < 0) {
      // Too little room; -end bytes were missing.
      this.scratch = Buffer.allocUnsafe(this.scratch.length - end);
      end = schema.encode(body, this.scratch, HEADER_BYTES);
    }
    this.scratch[0] = MAGIC;
    this.scratch.writeInt32BE(id, 1);
    return Buffer.from(this.scratch.subarray(0, end));
  }

  private encodeBatch(batch: SliceBatch, id: number): Buffer {
    this.output.begin(HEADER_BYTES);
    writeSliceBatch(this.output, batch);
    const bytes = this.output.finish();
    bytes[0] = MAGIC;
    bytes.writeInt32BE(id, 1);
    return bytes;
  }

  decode(bytes: Uint8Array): Message {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.length < HEADER_BYTES || buffer[0] !== MAGIC) {
      throw new TaktError(
        'RECORD_UNREADABLE',
        `a record of ${buffer.length} bytes does not begin as the Confluent wire format does (0, then a schema id)`,
      );
    }
    const id = buffer.readInt32BE(1);
    const reader = this.readers.get(id);
    const foreign = this.foreign.get(id);
    if (foreign !== undefined)
      throw new TaktError('RECORD_UNREADABLE', `a record of ${buffer.length} bytes has schema ${id}, ${foreign}`);
    if (reader === undefined) {
      throw new TaktError(
        'SCHEMA_UNKNOWN_ID',
        `a record names schema id ${id}; known are ${[...this.readers.keys()].join(', ')}. Use the takt, or the registry, that wrote it.`,
      );
    }
    try {
      if (reader.fast !== null) return reader.fast(buffer);
      const { value: body, offset } = reader.avro.decode(buffer, HEADER_BYTES, reader.resolver ?? undefined);
      if (offset < 0) throw new Error('truncated');
      if (offset !== buffer.length) throw new Error(`${buffer.length - offset} bytes are left over`);
      return fromAvro(reader.type, body);
    } catch (error) {
      throw new TaktError(
        'RECORD_UNREADABLE',
        `a record of ${buffer.length} bytes is not a valid ${reader.type} (schema ${id}): ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}

/** The schema id of a record; null for what does not begin as one. */
function idOf(value: Uint8Array): number | null {
  if (value.length < HEADER_BYTES || value[0] !== MAGIC) return null;
  return (value[1]! << 24) | (value[2]! << 16) | (value[3]! << 8) | value[4]!;
}

function isFast(type: Message['type'], schema: avro.Type): boolean {
  return FAST_SCHEMAS[schema.fingerprint('sha256').toString('hex')] === type;
}

function parse(schema: string): avro.Type {
  // Unions are of null and one more type: unwrapped, a value stands for itself.
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: false });
}
