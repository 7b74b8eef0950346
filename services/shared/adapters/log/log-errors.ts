import { TaktError } from '../../core/errors.ts';

/** The errors that every log gives alike. */
export function topicUnknown(topic: string): TaktError {
  return new TaktError(
    'LOG_TOPIC_UNKNOWN',
    `the log has no topic ${topic}; it is created at start from the catalogue.`,
  );
}

/** `advice`: what to do, where the log is not the embedded one. */
export function partitionsChanged(topic: string, has: number, wanted: number, advice?: string): TaktError {
  const embedded = `Go back to ${has} partitions, or start a new data directory and import again.`;
  return new TaktError(
    'LOG_PARTITIONS_CHANGED',
    `topic ${topic} has ${has} partitions, not ${wanted}: cases would move between partitions.\n${advice ?? embedded}`,
  );
}

/** `advice`: what to do, where the log is not the embedded one. */
export function outOfRange(
  topic: string,
  partition: number,
  offset: number,
  end: number,
  advice = 'The log and the store do not belong together: restore both from one backup.',
): TaktError {
  return new TaktError(
    'LOG_OFFSET_OUT_OF_RANGE',
    `${topic}/${partition}: offset ${offset} is outside the log, which ends at ${end}.\n${advice}`,
  );
}

export function logFull(usedBytes: number, limitBytes: number): TaktError {
  return new TaktError(
    'LOG_FULL',
    `the log has ${usedBytes} of ${limitBytes} bytes; nothing was written.\nRaise --log-limit, or send later.`,
  );
}

export function logClosed(): TaktError {
  return new TaktError('LOG_CLOSED', 'the log is closed: takt is stopping. Send again when it runs.');
}
