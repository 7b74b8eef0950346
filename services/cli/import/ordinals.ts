import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Distinct rows that are counted in memory, about 100 bytes each; above it the table moves to disk. */
export const ORDINALS_IN_MEMORY_MAX = 1_000_000;

/** Counts equal rows of one file. */
export interface OrdinalTable {
  /** How often this hash (32 hex digits) was asked for, this time included: 1 the first time. */
  next(hash: string): number;
  /** Removes what is on disk. */
  close(): void;
}

/** A table that starts in memory and moves to a file in the system's temporary directory above `rowsMax` hashes. */
export function createOrdinalTable(rowsMax: number = ORDINALS_IN_MEMORY_MAX): OrdinalTable {
  const memory = new Map<string, number>();
  let disk: DiskOrdinals | null = null;
  return {
    next(hash) {
      if (disk !== null) return disk.next(hash);
      const ordinal = (memory.get(hash) ?? 0) + 1;
      memory.set(hash, ordinal);
      if (memory.size > rowsMax) {
        disk = new DiskOrdinals(memory);
        memory.clear();
      }
      return ordinal;
    },
    close() {
      disk?.close();
      memory.clear();
    },
  };
}

/** 16 bytes of hash and a count; a count of 0 is a free slot. */
const SLOT_BYTES = 20;
const HASH_BYTES = 16;
const SLOTS_MIN = 1024;
/** Slots that growing reads at a time. */
const SLOTS_PER_READ = 4096;

/**
 * A hash table in a sparse file: open addressing, linear probing, at most half full. A look-up is a read and a write
 * of 20 bytes, which the system's page cache answers, so it is synchronous.
 */
class DiskOrdinals {
  private readonly directory = mkdtempSync(join(tmpdir(), 'takt-ordinals-'));
  private readonly slot = Buffer.alloc(SLOT_BYTES);
  private generation = 0;
  private slots: number;
  private used = 0;
  private file: number;

  constructor(counts: ReadonlyMap<string, number>) {
    this.slots = SLOTS_MIN;
    while (this.slots < counts.size * 4) this.slots *= 2;
    this.file = this.create();
    for (const [hash, count] of counts) this.add(Buffer.from(hash, 'hex'), count);
  }

  next(hash: string): number {
    if ((this.used + 1) * 2 > this.slots) this.grow();
    return this.add(Buffer.from(hash, 'hex'), 1);
  }

  close(): void {
    closeSync(this.file);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Adds to the count of a hash and gives the sum. */
  private add(hash: Buffer, count: number): number {
    // The first 48 bits are evenly spread: the hash is cryptographic.
    let at = hash.readUIntBE(0, 6) % this.slots;
    for (;;) {
      readSync(this.file, this.slot, 0, SLOT_BYTES, at * SLOT_BYTES);
      const found = this.slot.readUInt32LE(HASH_BYTES);
      if (found === 0 || this.slot.compare(hash, 0, HASH_BYTES, 0, HASH_BYTES) === 0) {
        if (found === 0) this.used += 1;
        hash.copy(this.slot, 0, 0, HASH_BYTES);
        this.slot.writeUInt32LE(found + count, HASH_BYTES);
        writeSync(this.file, this.slot, 0, SLOT_BYTES, at * SLOT_BYTES);
        return found + count;
      }
      at = (at + 1) % this.slots;
    }
  }

  private grow(): void {
    const old = this.file;
    this.slots *= 4;
    this.used = 0;
    this.file = this.create();
    const block = Buffer.alloc(SLOT_BYTES * SLOTS_PER_READ);
    const bytes = fstatSync(old).size;
    for (let from = 0; from < bytes; from += block.length) {
      const read = readSync(old, block, 0, block.length, from);
      for (let at = 0; at < read; at += SLOT_BYTES) {
        const count = block.readUInt32LE(at + HASH_BYTES);
        if (count > 0) this.add(block.subarray(at, at + HASH_BYTES), count);
      }
    }
    closeSync(old);
    rmSync(join(this.directory, String(this.generation - 1)), { force: true });
  }

  private create(): number {
    this.generation += 1;
    const file = openSync(join(this.directory, String(this.generation)), 'w+');
    ftruncateSync(file, this.slots * SLOT_BYTES);
    return file;
  }
}
