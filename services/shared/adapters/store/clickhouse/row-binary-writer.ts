const START_BYTES = 64 * 1024;
const TWO_32 = 2 ** 32;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** Up to this length a loop over ASCII characters is faster than the call into Buffer. */
const SHORT_CHARS = 32;

/** Writes ClickHouse's RowBinary: little-endian integers, varuint lengths, no separators. */
export class RowBinaryWriter {
  private buffer = Buffer.allocUnsafe(START_BYTES);
  private at = 0;

  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  uint8(value: number): void {
    this.room(1);
    this.at = this.buffer.writeUInt8(value, this.at);
  }

  uint16(value: number): void {
    this.room(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  uint32(value: number): void {
    this.room(4);
    this.at = this.buffer.writeUInt32LE(value, this.at);
  }

  /** Throws RangeError for what is no safe integer: it would be stored as another number. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer.`);
    this.room(8);
    const high = Math.floor(value / TWO_32);
    this.buffer.writeUInt32LE(value - high * TWO_32, this.at);
    this.at = this.buffer.writeInt32LE(high, this.at + 4);
  }

  /** Throws RangeError for a negative value and for a number that is no safe integer. */
  uint64(value: number | bigint): void {
    if (typeof value === 'number') {
      if (value < 0) throw new RangeError(`${value} is negative.`);
      return this.int64(value);
    }
    if (value >= 0n && value <= SAFE_MAX) return this.int64(Number(value));
    this.room(8);
    this.at = this.buffer.writeBigUInt64LE(value, this.at);
  }

  float64(value: number): void {
    this.room(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  private length(value: number): void {
    this.room(5);
    let rest = value;
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  string(value: string): void {
    if (value.length <= SHORT_CHARS && this.shortAscii(value)) return;
    const bytes = Buffer.byteLength(value);
    this.length(bytes);
    this.room(bytes);
    this.at += this.buffer.write(value, this.at, bytes, 'utf8');
  }

  /** Whether it was written; when a character is not ASCII, nothing was. */
  private shortAscii(value: string): boolean {
    const length = value.length;
    this.room(length + 1);
    const { buffer, at } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[at + 1 + i] = code;
    }
    buffer[at] = length;
    this.at = at + 1 + length;
    return true;
  }

  bytes(value: Uint8Array): void {
    this.length(value.length);
    this.room(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  strings(values: readonly string[]): void {
    this.length(values.length);
    for (const value of values) this.string(value);
  }

  nullable<T>(value: T | null, write: (value: T) => void): void {
    this.uint8(value === null ? 1 : 0);
    if (value !== null) write(value);
  }

  map(value: Readonly<Record<string, string>>): void {
    const names = Object.keys(value);
    this.length(names.length);
    for (const name of names) {
      this.string(name);
      this.string(value[name]!);
    }
  }

  /** What was written so far; valid until the next write. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.at);
  }
}
