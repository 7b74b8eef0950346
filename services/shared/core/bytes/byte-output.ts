const START_BYTES = 4 * 1024;
/** Up to this length a loop over ASCII characters is quicker than a call into Buffer. */
const SHORT_CHARS = 48;

/** Bytes that are written one value after another; they grow as they have to. */
export class ByteOutput {
  /** What was written is `bytes[0, at)`; another object once they have grown. */
  bytes = Buffer.allocUnsafe(START_BYTES);
  at = 0;

  /** Makes sure that so many bytes more can be written. */
  room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + bytes));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  /** A whole number from 0 on that a double holds exactly, seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.room(10);
    let rest = value;
    while (rest > 0x7fffffff) {
      this.bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** UTF-8 behind its length in bytes, a varint that is `factor` times it. */
  text(value: string, factor: 1 | 2 = 1): void {
    if (value.length <= SHORT_CHARS && this.shortAscii(value, factor)) return;
    const length = Buffer.byteLength(value);
    this.varint(length * factor);
    this.room(length);
    this.at += this.bytes.write(value, this.at, length, 'utf8');
  }

  /** Whether it was written; when a character is not ASCII, nothing was. */
  private shortAscii(value: string, factor: number): boolean {
    const { length } = value;
    this.room(length + 1);
    const { bytes, at } = this;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + 1 + i] = code;
    }
    bytes[at] = length * factor;
    this.at = at + 1 + length;
    return true;
  }

  /** Bytes as they are. */
  raw(from: Uint8Array, start = 0, end = from.length): void {
    this.room(end - start);
    if (end - start > SHORT_CHARS) this.bytes.set(from.subarray(start, end), this.at);
    else for (let i = start; i < end; i++) this.bytes[this.at + i - start] = from[i]!;
    this.at += end - start;
  }
}
