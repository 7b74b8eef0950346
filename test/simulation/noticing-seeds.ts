/**
 * Which seed notices that a guard is gone, where the first ones do not: it is tried first, to save time. When it no
 * longer notices, all seeds are tried, and the test prints which one does.
 */
export const NOTICING_SEEDS: Readonly<Record<string, number>> = {};
