/**
 * murmur2 as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils.murmur2), so that any producer with
 * the same key reaches the same partition. Frozen: changing it would split cases.
 */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const at = i * 4;
    let k = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = words * 4;
  const left = length & 3;
  if (left === 3) h ^= data[rest + 2]! << 16;
  if (left >= 2) h ^= data[rest + 1]! << 8;
  if (left >= 1) h = Math.imul(h ^ data[rest]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h | 0;
}

const utf8 = new TextEncoder();

/** The partition of a key among `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  return (murmur2(utf8.encode(key)) & 0x7fffffff) % partitions;
}
