/** The part of a long text that is still needed. Places are UTF-16 units from the beginning of the whole text. */
export class TextWindow {
  private text = '';
  /** Place of the first unit that is kept. */
  private base = 0;

  /** Adds the next piece and forgets what stands before `keepFrom`. */
  add(piece: string, keepFrom: number): void {
    const drop = Math.min(Math.max(keepFrom - this.base, 0), this.text.length);
    this.text = this.text.slice(drop) + piece;
    this.base += drop;
  }

  /** The text between two places; what was forgotten of it is missing. */
  slice(from: number, to: number): string {
    return this.text.slice(Math.max(from - this.base, 0), Math.max(to - this.base, 0));
  }

  /** The unit at a place; undefined where it was forgotten or did not come yet. */
  at(place: number): string | undefined {
    return this.text[place - this.base];
  }
}
