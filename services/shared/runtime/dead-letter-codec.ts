import { TaktError } from '../core/errors.ts';
import type { DeadLetter } from '../core/messages.ts';

/** A dead letter as JSON: it must be readable whatever schemas were in force when it was written. */
export function encodeDeadLetter(letter: DeadLetter): Uint8Array {
  return Buffer.from(JSON.stringify(letter));
}

/** Reads what `encodeDeadLetter` wrote. Throws RECORD_UNREADABLE. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as DeadLetter;
  } catch (error) {
    throw new TaktError('RECORD_UNREADABLE', `a record of ${bytes.length} bytes in [dead-letters] is not JSON`, {
      cause: error,
    });
  }
}
