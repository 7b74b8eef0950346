/** Up to so many items a list is copied to add one. */
const SHORT_ITEMS_MAX = 4;

/**
 * The list with one more item; the list itself must not be used any more. A short one takes just the room it needs,
 * where `push` would reserve more than a dozen places: of lists that are held by the hundred thousand, most are short.
 */
export function withItem<T>(list: T[], item: T): T[] {
  // Neither spreading nor pushing: both leave room for more.
  if (list.length === 0) return [item];
  if (list.length <= SHORT_ITEMS_MAX) return list.concat([item]);
  list.push(item);
  return list;
}
