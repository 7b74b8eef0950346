/** From here on UTF-16 has the halves of code points above U+FFFF, and behind them the last ones below it. */
const SURROGATES_FROM = 0xd800;
const SURROGATES_END = 0xe000;
/** Moves the halves behind those last ones, where their bytes in UTF-8 stand. */
const BEHIND = 0x2000;

/** Orders texts as the bytes of their UTF-8 are ordered, which is the order of the store: below 0 where `a` comes first. */
export function compareBytesOf(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const one = a.charCodeAt(i);
    const other = b.charCodeAt(i);
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  if (unit < SURROGATES_FROM) return unit;
  return unit < SURROGATES_END ? unit + BEHIND : unit - (SURROGATES_END - SURROGATES_FROM);
}
