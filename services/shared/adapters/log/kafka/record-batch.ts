import type { LogRecord } from '../../../ports/event-log.ts';
import { decompress } from './decompress.ts';

/** Records from an offset on. */
export interface DecodedRecords {
  readonly records: readonly LogRecord[];
  /** Whether a batch says when its producer made it instead of when it was appended. */
  readonly hasCreateTime: boolean;
}

// Where a batch of version 2 keeps its fields.
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const MAX_TIMESTAMP_AT = 35;
const COUNT_AT = 57;
const RECORDS_AT = 61;
/** Bytes before those that LENGTH counts. */
const LENGTH_END = 12;
const MAGIC = 2;
const COMPRESSION_MASK = 0x7;
const LOG_APPEND_TIME_BIT = 0x8;
const CONTROL_BIT = 0x20;

/**
 * Reads the record batches of one partition of a fetch response, from `fromOffset` on: a batch is sent whole, also where
 * it begins before. Keys and values are views of `bytes`, not copies. An incomplete batch at the end is left out.
 * Source: Apache Kafka, message format, record batch version 2. Throws on an older version and on unknown compression.
 */
export function decodeRecordBatches(bytes: Buffer, fromOffset: number): DecodedRecords {
  const records: LogRecord[] = [];
  let hasCreateTime = false;
  for (const at of batchesOf(bytes)) {
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
    if ((attributes & CONTROL_BIT) !== 0) continue;
    hasCreateTime ||= (attributes & LOG_APPEND_TIME_BIT) === 0;
    const plain = decompress(attributes & COMPRESSION_MASK, bytes.subarray(at + RECORDS_AT, endOf(bytes, at)));
    const batch = { baseOffset: int64(bytes, at), fromOffset, appendMs: int64(bytes, at + MAX_TIMESTAMP_AT) };
    readRecords(plain, bytes.readInt32BE(at + COUNT_AT), batch, records);
  }
  return { records, hasCreateTime };
}

/** The offset behind the last whole batch; null where there is none. */
export function nextOffsetOf(bytes: Buffer): number | null {
  let next: number | null = null;
  for (const at of batchesOf(bytes)) next = int64(bytes, at) + bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT) + 1;
  return next;
}

/** Where each whole batch begins. */
function* batchesOf(bytes: Buffer): Generator<number> {
  for (let at = 0; at + RECORDS_AT <= bytes.length && endOf(bytes, at) <= bytes.length; at = endOf(bytes, at)) {
    const magic = bytes.readInt8(at + MAGIC_AT);
    if (magic !== MAGIC)
      throw new Error(`a record batch has format ${magic}; supported: ${MAGIC} (Kafka 0.11 and later)`);
    yield at;
  }
}

function endOf(bytes: Buffer, at: number): number {
  return at + LENGTH_END + bytes.readInt32BE(at + LENGTH_AT);
}

interface Batch {
  readonly baseOffset: number;
  readonly fromOffset: number;
  readonly appendMs: number;
}

/** Where `varint` stopped reading: a record has seven of them, and an object for each would be most of the work. */
let cursor = 0;

function readRecords(bytes: Buffer, count: number, batch: Batch, into: LogRecord[]): void {
  const { baseOffset, fromOffset, appendMs } = batch;
  cursor = 0;
  for (let i = 0; i < count; i++) {
    const length = varint(bytes);
    const end = cursor + length;
    cursor++; // attributes: unused
    skipVarint(bytes); // timestamp: the log's is the batch's
    const offset = baseOffset + varint(bytes);
    if (offset >= fromOffset) {
      const keyLength = varint(bytes);
      const key = keyLength < 0 ? null : bytes.subarray(cursor, cursor + keyLength);
      if (keyLength > 0) cursor += keyLength;
      const valueLength = varint(bytes);
      // A record without a value is a tombstone, which takt never writes: an empty value is no message either.
      const value = bytes.subarray(cursor, cursor + Math.max(0, valueLength));
      into.push({ offset, appendMs, key, value });
    }
    cursor = end;
  }
}

/** A zigzag number of up to 32 bits. */
function varint(bytes: Buffer): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
  }
}

function skipVarint(bytes: Buffer): void {
  while (bytes[cursor++]! >= 0x80);
}

/** Offsets and times are far below 2^53. */
function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
