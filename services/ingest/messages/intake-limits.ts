/** What a message of a broker may hold, and how many may wait. Each has a name in `takt_limit`. */
export interface IntakeLimits {
  readonly payloadBytesMax: number;
  /** Messages that the broker may send ahead of their acknowledgement, and that may wait here. */
  readonly messagesInFlightMax: number;
  /** Bytes of the payloads that are read and appended at once. */
  readonly batchBytesMax: number;
}

export const INTAKE_LIMITS: IntakeLimits = {
  payloadBytesMax: 256 * 1024,
  messagesInFlightMax: 256,
  batchBytesMax: 4 * 1024 * 1024,
};
