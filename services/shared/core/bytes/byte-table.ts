/** Before each pair: the key's hash, then the lengths of key and value, 32 bits each. */
const HEADER_BYTES = 12;
const SLOTS_MIN = 64;
/** Above this share of used slots the table is enlarged: probing stays short. */
const LOAD_MAX = 0.6;
/** A place is the chunk's number times this, plus where the pair begins in it; exact far beyond 2^32 chunks. */
const CHUNK_SPAN = 2 ** 20;
/** Chunks begin small, so that a table with little in it takes little, and double up to this. */
const CHUNK_BYTES_MIN = 4 * 1024;
const CHUNK_BYTES_MAX = CHUNK_SPAN;
/** Of the limit one chunk takes at most this part: what leaves, leaves by chunks. */
const CHUNKS_MIN = 8;

interface Chunk {
  readonly bytes: Buffer;
  used: number;
}

/** Whether the value in `bytes[start, end)` may leave a table. */
export type MayLeave = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * A hash table from bytes to bytes that keeps all of them in a few large buffers: millions of entries are nothing to the
 * garbage collector. A value that is put again is written anew behind all others (a log, as in Rosenblum and Ousterhout
 * 1992), so the oldest chunk has what was not put for longest, and leaves first.
 */
export class ByteTable {
  /** Where the last `find` found the value: `bytes[start, end)`, which may be changed in place; valid until the next put. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Open addressing with linear probing; 0: a free slot. */
  private hashes = new Int32Array(SLOTS_MIN);
  private places = new Float64Array(SLOTS_MIN);
  private used = 0;
  private chunks: Chunk[] = [];
  /** The number of `chunks[0]`; each further one has the next. */
  private firstChunk = 0;
  private allBytes = 0;
  private readonly bytesMax: number;

  /** `bytesMax`: above so many bytes of pairs, superseded ones included, `evict` lets some leave. */
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** How many keys it has. */
  get size(): number {
    return this.used;
  }

  /** Bytes of its chunks: superseded values count until their chunk goes. */
  get byteLength(): number {
    return this.allBytes;
  }

  clear(): void {
    this.hashes = new Int32Array(SLOTS_MIN);
    this.places = new Float64Array(SLOTS_MIN);
    this.used = 0;
    this.firstChunk += this.chunks.length;
    this.chunks = [];
    this.allBytes = 0;
  }

  /** Whether it has the key `key[0, length)`; `bytes`, `start` and `end` then say where the value is. */
  find(key: Uint8Array, length: number): boolean {
    const slot = this.slotOf(key, length, hashOf(key, length));
    if (this.hashes[slot] === 0) return false;
    this.open(this.places[slot]!);
    return true;
  }

  /** Points `bytes`, `start` and `end` at the value of the pair at `place`. */
  private open(place: number): void {
    const number = Math.floor(place / CHUNK_SPAN);
    const { bytes } = this.chunks[number - this.firstChunk]!;
    const at = place - number * CHUNK_SPAN;
    this.bytes = bytes;
    this.start = at + HEADER_BYTES + bytes.readInt32LE(at + 4);
    this.end = this.start + bytes.readInt32LE(at + 8);
  }

  /** The slot that has the key, or the free one where it would go. */
  private slotOf(key: Uint8Array, length: number, hash: number): number {
    const { hashes, places } = this;
    const mask = hashes.length - 1;
    let slot = hash & mask;
    while (hashes[slot] !== 0 && (hashes[slot] !== hash || !this.isKey(places[slot]!, key, length)))
      slot = (slot + 1) & mask;
    return slot;
  }

  private isKey(place: number, key: Uint8Array, length: number): boolean {
    const number = Math.floor(place / CHUNK_SPAN);
    const { bytes } = this.chunks[number - this.firstChunk]!;
    const at = place - number * CHUNK_SPAN;
    if (bytes.readInt32LE(at + 4) !== length) return false;
    const start = at + HEADER_BYTES;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== key[i]) return false;
    return true;
  }

  /** Gives the key `key[0, keyLength)` the value `value[0, length)`. */
  put(key: Uint8Array, keyLength: number, value: Uint8Array, length: number): void {
    const hash = hashOf(key, keyLength);
    const place = this.room(HEADER_BYTES + keyLength + length);
    const { bytes, used } = this.chunks.at(-1)!;
    const at = used - HEADER_BYTES - keyLength - length;
    bytes.writeInt32LE(hash, at);
    bytes.writeInt32LE(keyLength, at + 4);
    bytes.writeInt32LE(length, at + 8);
    copy(key, 0, keyLength, bytes, at + HEADER_BYTES);
    copy(value, 0, length, bytes, at + HEADER_BYTES + keyLength);
    const slot = this.slotOf(key, keyLength, hash);
    this.places[slot] = place;
    if (this.hashes[slot] !== 0) return;
    this.hashes[slot] = hash;
    if (++this.used > this.hashes.length * LOAD_MAX) this.enlarge();
  }

  /** Takes so many bytes of the last chunk, or of a new one; gives their place. */
  private room(length: number): number {
    const last = this.chunks.at(-1);
    if (last === undefined || last.used + length > last.bytes.length) {
      const most = Math.min(CHUNK_BYTES_MAX, this.bytesMax / CHUNKS_MIN);
      const next = Math.max(CHUNK_BYTES_MIN, Math.min(most, this.allBytes));
      // Not from Node's pool, of which a part would hold the whole.
      this.chunks.push({ bytes: Buffer.allocUnsafeSlow(Math.max(length, next)), used: 0 });
      this.allBytes += Math.max(length, next);
    }
    const chunk = this.chunks.at(-1)!;
    const place = (this.firstChunk + this.chunks.length - 1) * CHUNK_SPAN + chunk.used;
    chunk.used += length;
    return place;
  }

  private enlarge(): void {
    const { hashes, places } = this;
    const slots = hashes.length * 2;
    this.hashes = new Int32Array(slots);
    this.places = new Float64Array(slots);
    for (let i = 0; i < hashes.length; i++) {
      const hash = hashes[i]!;
      if (hash === 0) continue;
      let slot = hash & (slots - 1);
      while (this.hashes[slot] !== 0) slot = (slot + 1) & (slots - 1);
      this.hashes[slot] = hash;
      this.places[slot] = places[i]!;
    }
  }

  /** Takes the key `key[0, length)` out, if it has it. */
  delete(key: Uint8Array, length: number): void {
    const slot = this.slotOf(key, length, hashOf(key, length));
    if (this.hashes[slot] !== 0) this.free(slot);
  }

  /** Frees a slot and closes the gap: behind it stand keys that were passed over it (Knuth 6.4, algorithm R). */
  private free(slot: number): void {
    const { hashes, places } = this;
    const mask = hashes.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; hashes[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[next]! & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      hashes[gap] = hashes[next]!;
      places[gap] = places[next]!;
      gap = next;
    }
    hashes[gap] = 0;
    this.used--;
  }

  /** Above the limit the oldest chunks go: of their values those leave that may, the others are put again. */
  evict(mayLeave: MayLeave, bytesMax = this.bytesMax): void {
    for (let left = this.chunks.length; left > 0 && this.allBytes > bytesMax; left--) this.dropOldest(mayLeave);
  }

  private dropOldest(mayLeave: MayLeave): void {
    const { bytes, used } = this.chunks.shift()!;
    const number = this.firstChunk++;
    this.allBytes -= bytes.length;
    for (let at = 0; at < used;) {
      const keyEnd = at + HEADER_BYTES + bytes.readInt32LE(at + 4);
      const end = keyEnd + bytes.readInt32LE(at + 8);
      const slot = this.slotAt(number * CHUNK_SPAN + at, bytes.readInt32LE(at));
      if (slot !== null && mayLeave(bytes, keyEnd, end)) this.free(slot);
      else if (slot !== null) {
        this.places[slot] = this.room(end - at);
        const last = this.chunks.at(-1)!;
        bytes.copy(last.bytes, last.used - (end - at), at, end);
      }
      at = end;
    }
  }

  /** The slot that has this place; null where the pair was superseded. */
  private slotAt(place: number, hash: number): number | null {
    const mask = this.hashes.length - 1;
    for (let slot = hash & mask; this.hashes[slot] !== 0; slot = (slot + 1) & mask)
      if (this.places[slot] === place) return slot;
    return null;
  }

  /** Calls `visit` with the key and value of each pair, in no order; nothing may be put meanwhile. */
  forEach(visit: (bytes: Buffer, keyStart: number, keyEnd: number, end: number) => void): void {
    for (let i = 0; i < this.hashes.length; i++) {
      if (this.hashes[i] === 0) continue;
      const number = Math.floor(this.places[i]! / CHUNK_SPAN);
      const { bytes } = this.chunks[number - this.firstChunk]!;
      const at = this.places[i]! - number * CHUNK_SPAN;
      const keyEnd = at + HEADER_BYTES + bytes.readInt32LE(at + 4);
      visit(bytes, at + HEADER_BYTES, keyEnd, keyEnd + bytes.readInt32LE(at + 8));
    }
  }
}

/** Up to this length a loop is quicker than a call. */
const SHORT_BYTES = 24;

function copy(from: Uint8Array, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > SHORT_BYTES) to.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
}

/** FNV-1a with a last mixing (that of MurmurHash3); never 0. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash === 0 ? 1 : hash;
}
