import { StringCache } from './string-cache.ts';

const texts = new StringCache();

/** Reads Avro's binary form value by value. Throws RangeError behind the end, or where a value cannot be. */
export class AvroInput {
  at = 0;
  private bytes: Buffer = Buffer.alloc(0);

  /** Goes on at `at` of these bytes. */
  open(bytes: Buffer, at: number): void {
    this.bytes = bytes;
    this.at = at;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('truncated');
    return byte;
  }

  /** An int or long, as far as a number holds it. */
  long(): number {
    let byte = this.byte();
    let low = byte & 0x7f;
    let bits = 7;
    while (byte >= 0x80 && bits < 28) {
      byte = this.byte();
      low |= (byte & 0x7f) << bits;
      bits += 7;
    }
    if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
    let value = low;
    let factor = 2 ** 28;
    while (byte >= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    const long = value % 2 === 0 ? value / 2 : -((value + 1) / 2);
    if (!Number.isSafeInteger(long)) throw new RangeError('a long that no number holds');
    return long;
  }

  /** Where the bytes of a length-prefixed value end; `at` is their start. */
  private endOfValue(): number {
    const length = this.long();
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length) throw new RangeError('truncated');
    return end;
  }

  /** A string that hardly any other value equals. */
  string(): string {
    const end = this.endOfValue();
    const start = this.at;
    this.at = end;
    return this.bytes.toString('utf8', start, end);
  }

  /** A string that many values equal. */
  frequentString(): string {
    const end = this.endOfValue();
    const start = this.at;
    this.at = end;
    return texts.get(this.bytes, start, end);
  }

  /** A string or null, of a union of null and string. */
  stringOrNull(): string | null {
    return this.isNull() ? null : this.frequentString();
  }

  /** Which branch of a union of null and something else follows. */
  isNull(): boolean {
    const branch = this.long();
    if (branch === 0) return true;
    if (branch !== 1) throw new RangeError(`branch ${branch} of a union of two`);
    return false;
  }

  /** Bytes, valid as long as those that are read. */
  data(): Buffer {
    const end = this.endOfValue();
    const data = this.bytes.subarray(this.at, end);
    this.at = end;
    return data;
  }

  /** Eight bytes as a signed integer, big-endian. */
  fixed8(): bigint {
    if (this.left < 8) throw new RangeError('truncated');
    const { bytes, at } = this;
    const high = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const low = ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!) >>> 0;
    this.at += 8;
    if (high >= 0 && high < 0x200000) return BigInt(high * 0x100000000 + low);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** How many items the next block of an array has; 0: the array ends. */
  blockItems(): number {
    const items = this.long();
    if (items >= 0) return items;
    // Behind a negative number stands the block's size, for those who pass over it.
    this.long();
    return -items;
  }

  /** Throws when something is left. */
  end(): void {
    if (this.left !== 0) throw new RangeError(`${this.left} bytes are left over`);
  }
}
