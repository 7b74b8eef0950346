import type { Codec } from '../../services/shared/core/codec.ts';
import type { Message } from '../../services/shared/core/messages.ts';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';

const real = await MessageCodec.create(await LockFileRegistry.open('schemas/schemas.lock.json'));
/** By the bytes as the log keeps them: the owners of a seed, and who judges them, read the same records. */
const decoded = new WeakMap<Uint8Array, Message>();

/** The real codec, which decodes the bytes of a record once. */
export const codec: Codec = {
  encode: (message) => real.encode(message),
  decode(bytes) {
    const message = decoded.get(bytes) ?? real.decode(bytes);
    decoded.set(bytes, message);
    return message;
  },
};
