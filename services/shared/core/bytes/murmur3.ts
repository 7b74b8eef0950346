/** Rounds of the hash: x86_128 mixes four lanes of 32 bits with these constants. */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const utf8 = new TextEncoder();
/** Texts up to so long are read without an array of their own: case ids are hashed for every event. */
const SHORT_MAX = 64;
const short = new Uint8Array(SHORT_MAX);

/** The first 64 bits of a hash, as two unsigned halves. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/**
 * The first 64 bits of MurmurHash3_x86_128 (Appleby 2011, seed 0) of a text's UTF-8 bytes: the same on every machine.
 * Frozen: what slices hold of distinct values is made of it. Among n texts two have the same with a chance of about
 * n² / 2^65.
 */
export function murmur3(text: string): Hash64 {
  const { data, length } = bytesOf(text);
  const word = (at: number): number => {
    let value = 0;
    for (let i = Math.min(4, length - at) - 1; i >= 0; i--) value = (value << 8) | data[at + i]!;
    return value;
  };
  let [h1, h2, h3, h4] = [0, 0, 0, 0];
  const whole = length & ~15;
  for (let at = 0; at < whole; at += 16) {
    h1 = Math.imul(rotate(h1 ^ lane(word(at), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b;
    h2 = Math.imul(rotate(h2 ^ lane(word(at + 4), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747;
    h3 = Math.imul(rotate(h3 ^ lane(word(at + 8), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35;
    h4 = Math.imul(rotate(h4 ^ lane(word(at + 12), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17;
  }
  // Of a lane without bytes nothing is mixed in.
  h4 ^= lane(word(whole + 12), C4, 18, C1);
  h3 ^= lane(word(whole + 8), C3, 17, C4);
  h2 ^= lane(word(whole + 4), C2, 16, C3);
  h1 ^= lane(word(whole), C1, 15, C2);
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 ^ length) + h2 + h3 + h4;
  const others = spread(h2 + h1) + spread(h3 + h1) + spread(h4 + h1);
  const first = (spread(h1) + others) | 0;
  return { high: first >>> 0, low: (spread(h2 + h1) + first) >>> 0 };
}

/** The bytes of a text, valid until the next call. */
function bytesOf(text: string): { readonly data: Uint8Array; readonly length: number } {
  const { length } = text;
  if (length <= SHORT_MAX) {
    let at = 0;
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) break;
      short[at] = code;
    }
    if (at === length) return { data: short, length };
  }
  const data = utf8.encode(text);
  return { data, length: data.length };
}

function lane(word: number, before: number, bits: number, after: number): number {
  return Math.imul(rotate(Math.imul(word, before), bits), after);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Each bit of the result depends on each bit of the word (fmix32). */
function spread(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
