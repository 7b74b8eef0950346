import { fromKafkajs } from './kafkajs-module.ts';

/** What kafkajs keeps about requests that wait, as far as the patch below reads it. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  checkPendingRequests(): void;
}

/** A connection of kafkajs, with what it holds of an answer that is not complete. */
interface Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect: (this: Connection) => Promise<true>;
}

/** How often kafkajs looks at requests that wait for others to end. */
const PENDING_CHECK_MS = 10;
/** Of the length before each answer. */
const LENGTH_BYTES = 4;

/** Cures what stops kafkajs 2.2.4, its last release, or keeps it busy. For all of this process; again does nothing more. */
export function cureKafkajs(): void {
  cureIdleLoop();
  cureReconnect();
}

/**
 * It looks at its queue of waiting requests every millisecond for ever, and asks for a negative time-out (its issues 1556,
 * 1704 and 1751). Here it looks only while something waits.
 */
function cureIdleLoop(): void {
  const queue = fromKafkajs('./src/network/requestQueue') as { readonly prototype: object };
  Object.assign(queue.prototype, {
    scheduleCheckPendingRequests(this: RequestQueue): void {
      if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
      const waitMs = this.throttledUntil - Date.now();
      const check = (): void => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      };
      this.throttleCheckTimeoutId = setTimeout(check, waitMs > 0 ? waitMs : PENDING_CHECK_MS);
    },
  });
}

/**
 * A connection that breaks amid an answer keeps its first part, and takes the beginning of what the next connection brings
 * for the rest: from then on it reads lengths out of records, collects up to two gigabytes, and every request times out for
 * ever. And who asks while it connects makes it connect once more, to a socket that nobody ends. Here a new connection
 * begins with nothing, and there is one at a time.
 */
function cureReconnect(): void {
  const { prototype } = fromKafkajs('./src/network/connection') as { readonly prototype: Connection };
  const { connect } = prototype;
  const connecting = new WeakMap<Connection, Promise<true>>();
  prototype.connect = function (this: Connection): Promise<true> {
    const underWay = connecting.get(this);
    if (underWay !== undefined) return underWay;
    if (this.isConnected()) return Promise.resolve(true);
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = LENGTH_BYTES;
    const connected = connect.call(this).finally(() => connecting.delete(this));
    connecting.set(this, connected);
    return connected;
  };
}
