import { ByteOutput } from '../../../core/bytes/byte-output.ts';

const TWO_32 = 2 ** 32;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Writes ClickHouse's RowBinary: little-endian integers, varuint lengths, no separators. */
export class RowBinaryWriter {
  private readonly out = new ByteOutput();

  uint8(value: number): void {
    const { out } = this;
    out.room(1);
    out.at = out.bytes.writeUInt8(value, out.at);
  }

  uint16(value: number): void {
    const { out } = this;
    out.room(2);
    out.at = out.bytes.writeUInt16LE(value, out.at);
  }

  uint32(value: number): void {
    const { out } = this;
    out.room(4);
    out.at = out.bytes.writeUInt32LE(value, out.at);
  }

  /** Not by Buffer's method: it checks a range that is known, for every row several times. */
  private int32(value: number): void {
    const { out } = this;
    out.room(4);
    const { bytes, at } = out;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
    out.at = at + 4;
  }

  /** Throws RangeError for what is no safe integer: it would be stored as another number. */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer.`);
    const high = Math.floor(value / TWO_32);
    this.int32((value - high * TWO_32) | 0);
    this.int32(high | 0);
  }

  /** Throws RangeError for a negative value and for a number that is no safe integer. */
  uint64(value: number | bigint): void {
    if (typeof value === 'number') {
      if (value < 0) throw new RangeError(`${value} is negative.`);
      return this.int64(value);
    }
    if (value >= 0n && value <= SAFE_MAX) return this.int64(Number(value));
    const { out } = this;
    out.room(8);
    out.at = out.bytes.writeBigUInt64LE(value, out.at);
  }

  float64(value: number): void {
    const { out } = this;
    out.room(8);
    out.at = out.bytes.writeDoubleLE(value, out.at);
  }

  string(value: string): void {
    this.out.text(value);
  }

  /** A Nullable(String). */
  stringOrNull(value: string | null): void {
    this.uint8(value === null ? 1 : 0);
    if (value !== null) this.out.text(value);
  }

  bytes(value: Uint8Array): void {
    this.out.varint(value.length);
    this.out.raw(value);
  }

  strings(values: readonly string[]): void {
    this.out.varint(values.length);
    for (const value of values) this.string(value);
  }

  nullable<T>(value: T | null, write: (value: T) => void): void {
    this.uint8(value === null ? 1 : 0);
    if (value !== null) write(value);
  }

  map(value: Readonly<Record<string, string>>): void {
    const names = Object.keys(value);
    this.out.varint(names.length);
    for (const name of names) {
      this.string(name);
      this.string(value[name]!);
    }
  }

  /** What was written, in bytes of its own; the next write begins anew, in the room that there is. */
  take(): Buffer {
    const bytes = Buffer.from(this.out.bytes.subarray(0, this.out.at));
    this.out.at = 0;
    return bytes;
  }
}
