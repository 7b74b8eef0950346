/** Where (a time, an offset) something that only grows reached its values. */
export class Steps {
  private readonly values: number[] = [];
  private readonly places: number[] = [];

  /** It has this value from `place` on; a value that is not above the last one is passed over. Places must not fall. */
  add(value: number, place: number): void {
    if (value <= (this.values.at(-1) ?? -Infinity)) return;
    this.values.push(value);
    this.places.push(place);
  }

  /** Where it was first at least `value`; null: nowhere. */
  atLeast(value: number): number | null {
    let low = 0;
    let high = this.values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return this.places[low] ?? null;
  }
}
