import type { LogRecord } from '../../../ports/event-log.ts';

/** Topic number (4 bytes), partition (4), offset (8), big-endian: LMDB keeps them in the order of the log. */
export function recordKey(topicNumber: number, partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(16);
  key.writeUInt32BE(topicNumber, 0);
  key.writeUInt32BE(partition, 4);
  key.writeBigUInt64BE(BigInt(offset), 8);
  return key;
}

/** Sorts before the key of the partition's first record, and behind every other partition before it. */
export function partitionPrefix(topicNumber: number, partition: number): Buffer {
  return recordKey(topicNumber, partition, 0).subarray(0, 8);
}

/** Append time (8 bytes), length of the key + 1 or 0 for none (4), key, value. */
export function encodeRecord(appendMs: number, key: Uint8Array | null, value: Uint8Array): Buffer {
  const keyLength = key?.length ?? 0;
  const bytes = Buffer.allocUnsafe(12 + keyLength + value.length);
  bytes.writeBigInt64BE(BigInt(appendMs), 0);
  bytes.writeUInt32BE(key === null ? 0 : keyLength + 1, 8);
  if (key !== null) bytes.set(key, 12);
  bytes.set(value, 12 + keyLength);
  return bytes;
}

/** Reads what `encodeRecord` wrote; the bytes are copied, because LMDB may reuse its own. */
export function decodeRecord(key: Buffer, bytes: Buffer): LogRecord {
  const copy = Buffer.from(bytes);
  const keyMark = copy.readUInt32BE(8);
  const keyLength = keyMark === 0 ? 0 : keyMark - 1;
  return {
    offset: Number(key.readBigUInt64BE(8)),
    appendMs: Number(copy.readBigInt64BE(0)),
    key: keyMark === 0 ? null : copy.subarray(12, 12 + keyLength),
    value: copy.subarray(12 + keyLength),
  };
}
