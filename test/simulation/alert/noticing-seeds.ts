/**
 * Which seed notices that a guard is gone, where the first ones do not: it is tried first, to save time. When it no
 * longer notices, all seeds are tried, and the test prints which one does.
 */
export const NOTICING_SEEDS: Readonly<Record<string, number>> = {
  '4.3 one append at a time': 116,
  '4.3 a task whose apply failed is restored whole': 280,
  '4.2 an instance passes over records that its row contains': 10,
  '4.2 a series passes over records that its row contains': 102,
  '4.2 values above the position are read too': 125,
  '4.2 what waits stays for records that come again': 190,
  '4.2 a series gets its row from its own first record': 21,
  '4.2 a new rule starts only on series that were there before': 21,
  '4.3 what failed to be published goes before what came after it': 24,
  '4.3 first values that failed to be stored are stored again': 26,
  '4.6 first values that are evaluated while they come count': 55,
  '4.7 the last value is one below the control record': 1267,
  '4.7 the last value may be on its way to the store': 15,
  '5 an import that no mark told of is over with its value': 111,
  '15 a rule that comes back begins other episodes': 19,
  '16 an instance knows since when its condition holds': 42,
  '16 an instance knows whether somebody was told': 11,
  '16 an instance knows what its last window showed': 42,
};
