import { TaktError } from '../core/errors.ts';
import { LONG_MIN } from './codec-shapes.ts';

/** Above it avsc reads no long. */
const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;
const START_BYTES = 64 * 1024;
/** Up to this length a loop over ASCII characters is quicker than a call into Buffer. */
const SHORT_CHARS = 48;

/** Writes Avro's binary form value by value, behind a start that is left free. */
export class AvroOutput {
  private bytes = Buffer.allocUnsafe(START_BYTES);
  private at = 0;

  /** Begins anew, `free` bytes behind the start. */
  begin(free: number): void {
    this.at = free;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + bytes));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  /** An int or long. Throws INTERNAL for what would not come back as it is. */
  long(value: number): void {
    this.room(10);
    const { bytes } = this;
    if ((value | 0) === value) {
      let rest = ((value << 1) ^ (value >> 31)) >>> 0;
      while (rest > 0x7f) {
        bytes[this.at++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      bytes[this.at++] = rest;
      return;
    }
    if (!Number.isInteger(value) || value < LONG_MIN || value > LONG_MAX)
      throw new TaktError('INTERNAL', `a message holds ${value}; the log keeps nothing below ${LONG_MIN}.`);
    let rest = value >= 0 ? value * 2 : -value * 2 - 1;
    while (rest > 0x7f) {
      bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    bytes[this.at++] = rest;
  }

  string(value: string): void {
    if (value.length <= SHORT_CHARS && this.shortAscii(value)) return;
    const length = Buffer.byteLength(value);
    this.long(length);
    this.room(length);
    this.at += this.bytes.write(value, this.at, length, 'utf8');
  }

  /** Whether it was written; when a character is not ASCII, nothing was. */
  private shortAscii(value: string): boolean {
    const { length } = value;
    this.room(length + 1);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + 1 + i] = code;
    }
    bytes[at] = length * 2;
    this.at = at + 1 + length;
    return true;
  }

  stringOrNull(value: string | null): void {
    this.long(value === null ? 0 : 1);
    if (value !== null) this.string(value);
  }

  data(value: Uint8Array): void {
    this.long(value.length);
    this.room(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Eight bytes, big-endian. Throws RangeError for what is no signed 64-bit integer. */
  fixed8(value: bigint): void {
    this.room(8);
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }

  /** What was written, in bytes of its own; the first `free` ones are the caller's to fill. */
  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }
}
