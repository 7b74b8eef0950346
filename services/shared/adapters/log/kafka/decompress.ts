import { gunzipSync } from 'node:zlib';
import { decompress as unzstd } from 'fzstd';
import { snappyUncompress } from 'hysnappy';
import { decompress as unlz4 } from 'lz4js';

/** Codecs as the attributes of a record batch number them. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Most bytes that a batch may become: a few bytes can stand for gigabytes. */
const PLAIN_BYTES_MAX = 256 * 1024 * 1024;
/** How Java's snappy begins: magic and two versions, then blocks with their lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Gives the records of a batch as they were before compression. Throws on an unknown codec or damaged bytes. */
export function decompress(codec: number, bytes: Buffer): Buffer {
  switch (CODECS[codec]) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: PLAIN_BYTES_MAX });
    case 'snappy':
      return unsnappy(bytes);
    case 'lz4':
      return asBuffer(unlz4(bytes));
    case 'zstd':
      return asBuffer(unzstd(bytes));
    default:
      throw new Error(`a record batch is compressed with codec ${codec}; supported: ${CODECS.join(', ')}`);
  }
}

function unsnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappyBlock(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    blocks.push(snappyBlock(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(blocks);
}

/** A block begins with its plain length. */
function snappyBlock(block: Buffer): Buffer {
  let length = 0;
  for (let i = 0; ; i++) {
    const byte = block.readUInt8(i);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) break;
  }
  if (length > PLAIN_BYTES_MAX) throw new Error(`a snappy block of ${length} bytes; allowed: ${PLAIN_BYTES_MAX}`);
  return asBuffer(snappyUncompress(block, length));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
