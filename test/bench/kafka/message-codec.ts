import { join } from 'node:path';
import { LockFileRegistry } from '../../../services/shared/adapters/registry/lock-file-registry.ts';
import { MessageCodec } from '../../../services/shared/runtime/codec.ts';
import { packageRoot } from '../package-root.ts';

/** The codec of the schemas that takt comes with. */
export async function messageCodec(): Promise<MessageCodec> {
  return MessageCodec.create(await LockFileRegistry.open(join(packageRoot, 'schemas', 'schemas.lock.json')));
}
