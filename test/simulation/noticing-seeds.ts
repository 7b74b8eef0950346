/**
 * Which seed notices that a guard is gone, where the first ones do not: it is tried first, to save time. When it no
 * longer notices, all seeds are tried, and the test prints which one does.
 */
export const NOTICING_SEEDS: Readonly<Record<string, number>> = {
  '4.1 the highest version of a row wins': 36,
  '4.3 what failed to be published is published again': 56,
  '4.3 a value that failed to be stored is stored again': 481,
  '4.5 the position stays below snapshots that their source has not stored': 135,
  '4.8 a slice is summed up only when the store has all of it': 93,
  '4.8 what is before a series in memory is read before a snapshot of it': 170,
  '4.8 a series forgets no window that still waits': 42,
  '4.5 a mark of an older position takes nothing back': 26,
  '4.3 a position holds the watermarks of that position': 605,
  '4.6 nothing is published before the end of [slices] noted after reading': 232,
  '4.6 replayed snapshots write their values again': 786,
  '4.6 a value that is ahead of the record in hand is left alone': 187,
  '4.6 a value that another owner may have changed goes out again': 403,
  '4.7 rows of an earlier time in force that the archive no longer gives are emptied': 18,
  '4.7 the position holds how far definitions are': 20,
  '5 a tick counts only after real silence': 278,
  '5 an import’s end computes what it touched': 26,
  '6 an extreme with nothing kept is rebuilt from the archive': 118,
  '6 a last keeps a boundary of what it dropped': 42,
  'derived what was touched goes out again': 166,
  'derived growth follows the window before it': 152,
};
