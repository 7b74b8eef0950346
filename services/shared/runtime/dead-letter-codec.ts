import { TaktError } from '../core/errors.ts';
import type { DeadLetter } from '../core/messages.ts';

const FIELDS = ['id', 'workflow', 'source', 'code', 'reason', 'rawBase64'] as const satisfies (keyof DeadLetter)[];

/** A dead letter as JSON: it must be readable whatever schemas were in force when it was written. */
export function encodeDeadLetter(letter: DeadLetter): Uint8Array {
  return Buffer.from(JSON.stringify(letter));
}

/** Reads what `encodeDeadLetter` wrote. Throws RECORD_UNREADABLE. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter {
  let letter: unknown;
  try {
    letter = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new TaktError('RECORD_UNREADABLE', `a record of ${bytes.length} bytes in [dead-letters] is not JSON`, {
      cause: error,
    });
  }
  const fields = Object(letter) as Record<string, unknown>;
  for (const name of FIELDS) {
    if (typeof fields[name] === 'string') continue;
    throw new TaktError(
      'RECORD_UNREADABLE',
      `a record of ${bytes.length} bytes in [dead-letters] has no text called ${name}`,
    );
  }
  return letter as DeadLetter;
}
