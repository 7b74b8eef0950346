/** Places of the cache; texts that meet in one take it from each other. */
const PLACES = 4_096;
/** Longer texts are not kept: comparing them costs what decoding does. */
const BYTES_MAX = 128;

/**
 * Texts that come again and again, such as activities and labels: found by their bytes, each is decoded once and is then
 * one object, so that whoever has it as a key finds it quickly.
 */
export class StringCache {
  private readonly places: string[] = new Array<string>(PLACES).fill('');

  /** The text of the UTF-8 in `bytes[start, end)`. */
  get(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > BYTES_MAX) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
    const known = this.places[place]!;
    if (known.length === length && isSame(known, bytes, start)) return known;
    const text = bytes.toString('utf8', start, end);
    // Only ASCII is compared below: what is longer in UTF-8 than in characters is not kept.
    if (text.length === length) this.places[place] = text;
    return text;
  }
}

function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
