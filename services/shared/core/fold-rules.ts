/**
 * Version of what the folds do with a definition. Part of every definition's hash: raise it when the same definition
 * gives other rows than before, and everything is computed again from the archive.
 */
export const FOLD_RULES_VERSION = 3;

/** Version of how rules are stepped. Part of every rule's hash: raise it when a rule decides otherwise than before. */
export const ALERT_RULES_VERSION = 1;
