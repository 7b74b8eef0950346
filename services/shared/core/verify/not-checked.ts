/** A KPI, or a part of one, for which no SQL is written; the message is what it is, such as `formula`. */
export class NotChecked extends Error {}

/**
 * Makes sure that nothing of a definition is passed over in silence: what was added to it since this SQL was written is a
 * key that is not among `known`. Throws NotChecked.
 */
export function onlyKeys(part: object, known: readonly string[], what: string): void {
  const other = Object.keys(part).find((key) => !known.includes(key));
  if (other !== undefined) throw new NotChecked(`${what} with ${other}`);
}
