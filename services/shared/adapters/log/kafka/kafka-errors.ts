import { TaktError } from '../../../core/errors.ts';

/** What kafkajs throws, as far as it is read here. */
interface KafkajsError {
  readonly name?: string;
  readonly type?: string;
  readonly message?: string;
  readonly cause?: unknown;
}

const REFUSING_NAMES = new Set(['KafkaJSSASLAuthenticationError', 'KafkaJSNotImplemented']);
const REFUSING_TYPES =
  /AUTHORIZATION|AUTHENTICATION|SASL|MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE|UNSUPPORTED_VERSION|INVALID_REPLICATION_FACTOR|POLICY_VIOLATION/;

/**
 * What an error of kafkajs means. LOG_REFUSED: the brokers do not do this for us, whenever it is asked. Else
 * LOG_UNAVAILABLE, retryable: nobody can say whether what was being written is in the log.
 */
export function explain(error: unknown, brokers: readonly string[]): TaktError {
  if (error instanceof TaktError) return error;
  let root = error as KafkajsError;
  while (root.cause !== undefined && root.cause !== null) root = root.cause as KafkajsError;
  const said = root.message ?? String(error);
  const where = `Kafka at ${brokers.join(', ')}`;
  if (REFUSING_NAMES.has(root.name ?? '') || REFUSING_TYPES.test(root.type ?? '')) {
    return new TaktError(
      'LOG_REFUSED',
      `${where} refuses: ${said}.\nCheck user, password and rights, and that the brokers are Kafka 3.0 or later.`,
      { cause: error },
    );
  }
  return new TaktError(
    'LOG_UNAVAILABLE',
    `${where} does not answer: ${said}.\nCheck that it runs and can be reached; takt goes on by itself when it does.`,
    { cause: error },
  );
}

/** What to do where rows and topics no longer belong together. */
export const NEW_EPOCH = 'Stop all processes of takt and start a new epoch: takt epoch --help.';

/** A topic whose settings would make numbers wrong, or lose records. */
export function topicSettings(topic: string, has: string, wanted: string): TaktError {
  return new TaktError(
    'LOG_TOPIC_SETTINGS',
    `topic ${topic} has ${has}; takt needs ${wanted}.\nChange it with kafka-configs --alter, or let takt create the topic.`,
  );
}

/** A topic that was deleted, or deleted and made again: its offsets start over. */
export function topicRecreated(topic: string): TaktError {
  return new TaktError(
    'LOG_TOPIC_RECREATED',
    `topic ${topic} was deleted, or deleted and made again: its offsets no longer are those of the rows in the store.\n${NEW_EPOCH}`,
  );
}
