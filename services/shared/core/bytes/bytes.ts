import { type Amount, toAmount } from '../aggregate/amount.ts';

/** Longest integer as bytes that is written without looking for room again. */
const SMALL_BYTES_MAX = 5;
const START_BYTES = 1_024;
/** Where bytes are written before their number is known; one writer at a time, which `finish` ends. */
let scratch = new Uint8Array(START_BYTES);
let scratchView = new DataView(scratch.buffer);
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Writes the compact binary form of aggregate states: zigzag varints of any size. Only one may be at work at a time. */
export class ByteWriter {
  private at = 0;

  private room(bytes: number): void {
    if (this.at + bytes <= scratch.length) return;
    const larger = new Uint8Array(Math.max(scratch.length * 2, this.at + bytes));
    larger.set(scratch);
    scratch = larger;
    scratchView = new DataView(larger.buffer);
  }

  /** A signed integer of any size. */
  integer(value: number | bigint): this {
    if (typeof value === 'number' && value > -0x40000000 && value < 0x40000000) {
      this.small(value < 0 ? -value * 2 - 1 : value * 2);
      return this;
    }
    const wide = BigInt(value);
    let rest = wide < 0n ? -wide * 2n - 1n : wide * 2n;
    while (rest > 0x7fn) {
      this.room(1);
      scratch[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.room(1);
    scratch[this.at++] = Number(rest);
    return this;
  }

  private small(value: number): void {
    this.room(SMALL_BYTES_MAX);
    let rest = value;
    while (rest > 0x7f) {
      scratch[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    scratch[this.at++] = rest;
  }

  /** An unsigned integer below 2^64, in 8 bytes. */
  word(value: bigint): this {
    this.room(8);
    scratchView.setBigUint64(this.at, value);
    this.at += 8;
    return this;
  }

  /** A text, in UTF-8 behind its length. */
  text(value: string): this {
    const bytes = utf8.encode(value);
    this.integer(bytes.length);
    this.room(bytes.length);
    scratch.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  /** What was written, in bytes of its own. */
  finish(): Uint8Array {
    return scratch.slice(0, this.at);
  }
}

/** Reads what ByteWriter wrote. Reading past the end gives a RangeError: the bytes are not such a state. */
export class ByteReader {
  private at = 0;
  private readonly bytes: Uint8Array;
  /** Made when a word is read: most states have none. */
  private view: DataView | null = null;

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

  /** What `word` wrote. */
  word(): bigint {
    const value = this.words().getBigUint64(this.at);
    this.at += 8;
    return value;
  }

  /** Half of what `word` wrote, the higher one first. */
  halfWord(): number {
    const value = this.words().getUint32(this.at);
    this.at += 4;
    return value;
  }

  private words(): DataView {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return (this.view ??= new DataView(buffer, byteOffset, byteLength));
  }

  /** What `text` wrote. */
  text(): string {
    const length = this.integer();
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError(`state of ${this.bytes.length} bytes ends inside a text`);
    const value = fromUtf8.decode(this.bytes.subarray(this.at, end));
    this.at = end;
    return value;
  }

  /** A signed integer of any size: a number while it is a safe integer. */
  amount(): Amount {
    const start = this.at;
    const doubled = this.unsigned();
    if (doubled <= Number.MAX_SAFE_INTEGER) return signed(doubled);
    this.at = start;
    return toAmount(this.wide());
  }

  /** A signed integer that is known to be safe. */
  integer(): number {
    const start = this.at;
    const doubled = this.unsigned();
    if (doubled <= Number.MAX_SAFE_INTEGER) return signed(doubled);
    // Doubled by the zigzag, a safe integer may be none.
    this.at = start;
    return Number(this.wide());
  }

  /** The number that the bytes hold, exact up to the greatest safe integer. */
  private unsigned(): number {
    let result = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError(`state of ${this.bytes.length} bytes ends inside an integer`);
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 128;
    }
    return result;
  }
}

function signed(doubled: number): number {
  return doubled % 2 === 1 ? -((doubled + 1) / 2) : doubled / 2;
}
