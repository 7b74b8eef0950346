/** Bits per key: of 20,000 new keys about one asks the store in vain, and the fold waits for the answer. */
const BITS_PER_KEY = 24;
const HASHES = 8;
/** Keys of the first stage, unless told. */
const CAPACITY_MIN = 50_000;

/** Names what the bits mean: another one when a hash or the sizes below change. */
const FORM = `fnv-${BITS_PER_KEY}-${HASHES}`;

interface Stage {
  readonly bits: Uint8Array;
  readonly capacity: number;
  used: number;
}

interface EncodedStage {
  readonly bits: string;
  readonly capacity: number;
  readonly used: number;
}

/**
 * A Bloom filter of keys that have rows in the store: it tells new ones from those to be loaded. Grows by stages of
 * doubled capacity, so it never has to be built again.
 */
export class BloomFilter {
  private stages: Stage[] = [];
  private readonly capacityMin: number;

  /** `capacityMin`: keys of its first stage. */
  constructor(capacityMin = CAPACITY_MIN) {
    this.capacityMin = capacityMin;
  }

  /** How many keys are in it, those left out that it took for known. */
  get size(): number {
    return this.stages.reduce((sum, { used }) => sum + used, 0);
  }

  /** The filter as text, for `parse`. */
  encode(): string {
    const stages = this.stages.map(({ bits, capacity, used }) => {
      return { capacity, used, bits: Buffer.from(bits).toString('base64') };
    });
    return JSON.stringify({ form: FORM, stages });
  }

  /** The filter of a text made by `encode`; null where it has another form, and has to be built again. */
  static parse(text: string): BloomFilter | null {
    const { form, stages } = JSON.parse(text) as { form?: unknown; stages: readonly EncodedStage[] };
    if (form !== FORM) return null;
    const filter = new BloomFilter();
    filter.stages = stages.map(({ capacity, used, bits }) => {
      return { capacity, used, bits: new Uint8Array(Buffer.from(bits, 'base64')) };
    });
    return filter;
  }

  add(key: string): void {
    // Again and again the same key must not take room again and again.
    if (this.mayHave(key)) return;
    let stage = this.stages.at(-1);
    if (stage === undefined || stage.used >= stage.capacity) {
      const capacity = stage === undefined ? this.capacityMin : stage.capacity * 2;
      stage = { bits: new Uint8Array(Math.ceil((capacity * BITS_PER_KEY) / 8)), capacity, used: 0 };
      this.stages.push(stage);
    }
    const [a, b] = hashes(key);
    const size = stage.bits.length * 8;
    for (let i = 0; i < HASHES; i++) {
      const bit = (a + i * b) % size;
      stage.bits[bit >>> 3]! |= 1 << (bit & 7);
    }
    stage.used++;
  }

  /** False: the key was certainly not added. */
  mayHave(key: string): boolean {
    const [a, b] = hashes(key);
    return this.stages.some(({ bits }) => {
      const size = bits.length * 8;
      for (let i = 0; i < HASHES; i++) {
        const bit = (a + i * b) % size;
        if ((bits[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
      }
      return true;
    });
  }
}

/** Two 32-bit FNV-1a style hashes of a text; Kirsch and Mitzenmacher derive the others from them. */
function hashes(text: string): [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
    b ^= b >>> 15;
  }
  a ^= a >>> 16;
  a = Math.imul(a, 0x7feb352d);
  a ^= a >>> 15;
  return [a >>> 0, (b | 1) >>> 0];
}
