/**
 * Which seed notices that a guard is gone, where the first ones do not: it is tried first, to save time. When it no
 * longer notices, all seeds are tried, and the test prints which one does.
 */
export const NOTICING_SEEDS: Readonly<Record<string, number>> = {
  '4.3 one append at a time': 34,
  '4.1 the highest version of a row wins': 343,
  '4.3 what failed to be published is published again': 14,
  '4.3 a value that failed to be stored is stored again': 22,
  '4.3 a value that failed to be published is published again': 20,
  '4.4 a record that a row contains marks it for publishing again': 120,
  '4.5 the position stays below snapshots that their source has not stored': 35,
  '4.5 the position stays below snapshots that no mark has ended': 249,
  '4.5 series are read again only below what their source has stored': 40,
  '4.5 a mark of an older position takes nothing back': 12,
  '4.3 a position holds the watermarks of that position': 22,
  '4.6 nothing is published before the end of [slices] noted after reading': 14,
  '4.6 replayed snapshots write their values again': 42,
  '4.7 a definition starts from the archive below its control record': 26,
  '4.6 a value that is ahead of the record in hand is left alone': 59,
  '4.8 the filter of stored series is built from the store': 22,
  '4.6 a value that another owner may have changed goes out again': 42,
  '4.7 rows of an earlier time in force that the archive no longer gives are emptied': 95,
  '5 a tick counts only after real silence': 986,
  '5 an import’s end computes what it touched': 12,
  '5 an import that begins or ends is told to all': 189,
  '5 final waits for the settling time': 10,
  '6 an extreme with nothing kept is rebuilt from the archive': 30,
  '6 a last with nothing kept is rebuilt from the archive': 30,
  'derived what was touched goes out again': 31,
};
