/**
 * Leaves out parts of what fails until each one that is left is needed, or until `triesMax` tries were made (delta
 * debugging: Zeller and Hildebrandt, IEEE TSE 2002; here by complements only). `fails` has to be true of `parts` itself.
 */
export async function shrink<T>(
  parts: readonly T[],
  fails: (left: readonly T[]) => Promise<boolean>,
  triesMax: number,
): Promise<readonly T[]> {
  let left = parts;
  let tries = 0;
  let size = Math.ceil(left.length / 2);
  while (left.length > 0 && size >= 1) {
    let smaller = false;
    for (let at = 0; at < left.length && tries < triesMax;) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      tries++;
      if (await fails(without)) {
        left = without;
        smaller = true;
      } else at += size;
    }
    if (tries >= triesMax) return left;
    // At single parts another pass may leave out what was needed only by something that is gone now.
    if (size > 1) size = Math.min(size - 1, Math.ceil(size / 2));
    else if (!smaller) return left;
  }
  return left;
}
