import { ByteOutput } from '../core/bytes/byte-output.ts';
import { TaktError } from '../core/errors.ts';
import { LONG_MIN } from './codec-shapes.ts';

/** Above it avsc reads no long. */
const LONG_MAX = Number.MAX_SAFE_INTEGER - 1;

/** Writes Avro's binary form value by value, behind a start that is left free. */
export class AvroOutput {
  private readonly out = new ByteOutput();

  /** Begins anew, `free` bytes behind the start. */
  begin(free: number): void {
    this.out.room(free);
    this.out.at = free;
  }

  /** An int or long. Throws INTERNAL for what would not come back as it is. */
  long(value: number): void {
    if ((value | 0) === value) {
      this.out.varint(((value << 1) ^ (value >> 31)) >>> 0);
      return;
    }
    if (!Number.isInteger(value) || value < LONG_MIN || value > LONG_MAX)
      throw new TaktError('INTERNAL', `a message holds ${value}; the log keeps nothing below ${LONG_MIN}.`);
    this.out.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  string(value: string): void {
    this.out.text(value, 2);
  }

  stringOrNull(value: string | null): void {
    this.long(value === null ? 0 : 1);
    if (value !== null) this.string(value);
  }

  data(value: Uint8Array): void {
    this.long(value.length);
    this.out.raw(value);
  }

  /** Eight bytes, big-endian. Throws RangeError for what is no signed 64-bit integer. */
  fixed8(value: bigint): void {
    this.out.room(8);
    this.out.at = this.out.bytes.writeBigInt64BE(value, this.out.at);
  }

  /** What was written, in bytes of its own; the first `free` ones are the caller's to fill. */
  finish(): Buffer {
    return Buffer.from(this.out.bytes.subarray(0, this.out.at));
  }
}
