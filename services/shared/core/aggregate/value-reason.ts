import { IMPORT_REASON } from '../messages.ts';

/** Cause of a value that changed after it was final. */
export const LATE_REASON = 'late';

/** The reason of a row: what brought it about (none for the usual way), and why it has no value where that is known. */
export function reasonText(cause: string, why: string | null): string {
  if (why === null) return cause;
  return cause === '' ? why : `${cause}: ${why}`;
}

/** What brought a row about, by its reason: `import`, `late` or nothing. */
export function causeOf(reason: string): string {
  return [IMPORT_REASON, LATE_REASON].find((cause) => reason === cause || reason.startsWith(`${cause}: `)) ?? '';
}

/** Whether only an import brought a row about: rules take it for history, not for news. */
export function isImported(reason: string): boolean {
  return causeOf(reason) === IMPORT_REASON;
}
