const START_BYTES = 64 * 1024;

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
    this.buffer[this.at++] = value;
  }

  uint16(value: number): void {
    this.room(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  uint32(value: number): void {
    this.room(4);
    this.at = this.buffer.writeUInt32LE(value, this.at);
  }

  int64(value: number): void {
    this.room(8);
    this.at = this.buffer.writeBigInt64LE(BigInt(value), this.at);
  }

  uint64(value: number | bigint): void {
    this.room(8);
    this.at = this.buffer.writeBigUInt64LE(BigInt(value), this.at);
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
    const bytes = Buffer.byteLength(value);
    this.length(bytes);
    this.room(bytes);
    this.at += this.buffer.write(value, this.at, bytes, 'utf8');
  }

  bytes(value: Uint8Array): void {
    this.length(value.length);
    this.room(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  nullable<T>(value: T | null, write: (value: T) => void): void {
    this.uint8(value === null ? 1 : 0);
    if (value !== null) write(value);
  }

  map(value: Readonly<Record<string, string>>): void {
    const entries = Object.entries(value);
    this.length(entries.length);
    for (const [key, text] of entries) {
      this.string(key);
      this.string(text);
    }
  }

  /** What was written so far; valid until the next write. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.at);
  }
}
