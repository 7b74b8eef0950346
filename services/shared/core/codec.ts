import type { Message } from './messages.ts';

/** Turns messages of the log into bytes and back; runtime/codec.ts is the one that writes Avro. */
export interface Codec {
  encode(message: Message): Uint8Array;
  /** Throws RECORD_UNREADABLE with the reason for bytes that are no such message. */
  decode(bytes: Uint8Array): Message;
  /**
   * Makes ready to decode these: schemas that are not known yet are asked for. Throws SCHEMA_UNKNOWN_ID and
   * REGISTRY_UNAVAILABLE, both to be tried again. Absent: whatever can be decoded can be so at once.
   */
  prepare?(values: readonly Uint8Array[]): Promise<void>;
}
