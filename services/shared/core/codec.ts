import type { Message } from './messages.ts';

/** Turns messages of the log into bytes and back; runtime/codec.ts is the one that writes Avro. */
export interface Codec {
  encode(message: Message): Uint8Array;
  /** Throws RECORD_UNREADABLE with the reason for bytes that are no such message. */
  decode(bytes: Uint8Array): Message;
}
