import { generateKey, hashKey } from '../../shared/runtime/api-key.ts';

/** `takt key`: a new API key with its hash, and where each goes. */
export function keyText(): string {
  const key = generateKey();
  return [
    `key    ${key}`,
    `hash   ${hashKey(key)}`,
    '',
    'Keep the key: it is not shown again. Start takt with the hash, call it with the key:',
    '  TAKT_API_KEY_HASH=HASH npx takt start --host 0.0.0.0',
    '  TAKT_API_KEY=KEY npx takt status',
    '  curl -H "Authorization: Bearer KEY" …',
    '',
  ].join('\n');
}
