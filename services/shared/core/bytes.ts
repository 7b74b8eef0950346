/** Writes the compact binary form of aggregate states: zigzag varints of any size. */
export class ByteWriter {
  private bytes: number[] = [];

  /** A signed integer of any size. */
  integer(value: number | bigint): this {
    if (typeof value === 'number' && value > -0x40000000 && value < 0x40000000) {
      this.small(value < 0 ? -value * 2 - 1 : value * 2);
      return this;
    }
    const wide = BigInt(value);
    let rest = wide < 0n ? -wide * 2n - 1n : wide * 2n;
    while (rest > 0x7fn) {
      this.bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.bytes.push(Number(rest));
    return this;
  }

  private small(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes.push((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.bytes.push(rest);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** Reads what ByteWriter wrote. Reading past the end gives a RangeError: the bytes are not such a state. */
export class ByteReader {
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A signed integer as a bigint. */
  wide(): bigint {
    let result = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError(`state of ${this.bytes.length} bytes ends inside an integer`);
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7n;
    }
    return (result & 1n) === 1n ? -((result + 1n) >> 1n) : result >> 1n;
  }

  /** A signed integer that is known to be safe. */
  integer(): number {
    const start = this.at;
    let result = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError(`state of ${this.bytes.length} bytes ends inside an integer`);
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 128;
    }
    if (result > Number.MAX_SAFE_INTEGER) {
      // Doubled by the zigzag, a safe integer may be none.
      this.at = start;
      return Number(this.wide());
    }
    return result % 2 === 1 ? -((result + 1) / 2) : result / 2;
  }
}
