import type { LogRecord } from '../../../ports/event-log.ts';

/** What a commit writes of one partition: records with consecutive offsets and one append time. */
export interface Chunk {
  readonly firstOffset: number;
  readonly records: readonly LogRecord[];
}

type Payload = Pick<LogRecord, 'key' | 'value'>;

/** Most records and bytes (one record always passes) of a chunk: reading a few records never reads much more. */
const CHUNK_RECORDS_MAX = 1_000;
const CHUNK_BYTES_MAX = 64 * 1024;
const KEY_BYTES = 16;
const HEAD_BYTES = 12;
const RECORD_HEAD_BYTES = 8;

/**
 * Topic number (4 bytes), partition (4), offset of a chunk's first record (8), big-endian: LMDB keeps the chunks in the
 * order of the log.
 */
export function chunkKey(topicNumber: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUInt32BE(topicNumber, 0);
  key.writeUInt32BE(partition, 4);
  key.writeBigUInt64BE(BigInt(offset), 8);
  return key;
}

/** Sorts before the key of the partition's first chunk, and behind every other partition before it. */
export function partitionPrefix(topicNumber: number, partition: number): Buffer {
  return chunkKey(topicNumber, partition, 0).subarray(0, 8);
}

/** The offset in a chunk's key. */
export function offsetOfKey(key: Buffer): number {
  return Number(key.readBigUInt64BE(8));
}

/** Cuts records into lists that make one chunk each. */
export function* cutChunks<R extends Payload>(records: readonly R[]): Generator<readonly R[]> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const size = sizeOf(records[i]!);
    if (i > from && (i - from >= CHUNK_RECORDS_MAX || bytes + size > CHUNK_BYTES_MAX)) {
      yield records.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) yield records.slice(from);
}

function sizeOf({ key, value }: Payload): number {
  return RECORD_HEAD_BYTES + (key?.length ?? 0) + value.length;
}

/**
 * Append time (8 bytes), number of records (4); then of each record the length of its key + 1 or 0 for none (4), the
 * length of its value (4), key, value.
 */
export function encodeChunk(appendMs: number, records: readonly Payload[]): Buffer {
  const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + sizeOf(record), HEAD_BYTES));
  bytes.writeBigInt64BE(BigInt(appendMs), 0);
  bytes.writeUInt32BE(records.length, 8);
  let at = HEAD_BYTES;
  for (const { key, value } of records) {
    bytes.writeUInt32BE(key === null ? 0 : key.length + 1, at);
    bytes.writeUInt32BE(value.length, at + 4);
    at += RECORD_HEAD_BYTES;
    if (key !== null) {
      bytes.set(key, at);
      at += key.length;
    }
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

/** Offset behind the last record of a chunk. */
export function endOfChunk(key: Buffer, bytes: Buffer): number {
  return offsetOfKey(key) + bytes.readUInt32BE(8);
}

/** Append time of a chunk's records, milliseconds UTC. */
export function appendMsOfChunk(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(0));
}

/** Reads what `encodeChunk` wrote; the bytes are copied, because LMDB may reuse its own. */
export function decodeChunk(key: Buffer, bytes: Buffer): Chunk {
  const copy = Buffer.from(bytes);
  const firstOffset = offsetOfKey(key);
  const appendMs = appendMsOfChunk(copy);
  const count = copy.readUInt32BE(8);
  const records: LogRecord[] = [];
  let at = HEAD_BYTES;
  for (let i = 0; i < count; i++) {
    const keyMark = copy.readUInt32BE(at);
    const valueLength = copy.readUInt32BE(at + 4);
    const valueAt = at + RECORD_HEAD_BYTES + (keyMark === 0 ? 0 : keyMark - 1);
    records.push({
      offset: firstOffset + i,
      appendMs,
      key: keyMark === 0 ? null : copy.subarray(at + RECORD_HEAD_BYTES, valueAt),
      value: copy.subarray(valueAt, valueAt + valueLength),
    });
    at = valueAt + valueLength;
  }
  return { firstOffset, records };
}
