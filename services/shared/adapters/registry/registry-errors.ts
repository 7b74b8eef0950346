import { TaktError } from '../../core/errors.ts';

/** The errors that every registry gives alike; `where` is its file or address. */
export function unknownSubject(where: string, subject: string, subjects: readonly string[]): TaktError {
  return new TaktError(
    'SCHEMA_UNKNOWN_SUBJECT',
    `${where} has no schema called ${subject}; it has ${subjects.join(', ')}.`,
  );
}

export function unknownId(where: string, id: number): TaktError {
  return new TaktError('SCHEMA_UNKNOWN_ID', `${where} has no schema of id ${id}.`);
}
