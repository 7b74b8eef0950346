/** lz4js has no types of its own. */
declare module 'lz4js' {
  /** Gives what an LZ4 frame holds; `maxBytes` at most, or what the frame may hold by its block sizes. */
  export function decompress(frame: Uint8Array, maxBytes?: number): Uint8Array;
  /** Gives the bytes as an LZ4 frame. */
  export function compress(bytes: Uint8Array): Uint8Array;
}
