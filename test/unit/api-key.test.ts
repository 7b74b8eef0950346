import { expect, test } from 'vitest';
import {
  checkBind,
  generateKey,
  hashKey,
  readKeyHash,
  requireKey,
  verifyKey,
} from '../../services/shared/runtime/api-key.ts';
import { createLogger } from '../../services/shared/runtime/logging.ts';

test('only the key itself has its hash', () => {
  const key = generateKey();
  expect(hashKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(verifyKey(key, hashKey(key))).toBe(true);
  expect(verifyKey(`${key}x`, hashKey(key))).toBe(false);
  expect(verifyKey('', hashKey(key))).toBe(false);
  expect(generateKey()).not.toBe(key);
});

test('a configured hash must be one', () => {
  expect(readKeyHash(undefined)).toBeNull();
  expect(readKeyHash(`${hashKey('abc').toUpperCase()}\n`)).toBe(hashKey('abc'));
  expect(() => readKeyHash('takt_secret')).toThrow(/64 hex digits/);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.8.7', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example.com', false],
  ['127.0.0.999', false],
  ['192.168.1.2', false],
])('without a key %s is served: %s', (host, served) => {
  const codeOf = (hasKey: boolean): string | null => {
    try {
      checkBind(host, hasKey);
      return null;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect([codeOf(false), codeOf(true)]).toEqual([served ? null : 'BIND_REFUSED', null]);
});

test('the hook takes the key from either header', async () => {
  const hook = requireKey(hashKey('secret'));
  await expect(hook({ headers: { authorization: 'Bearer secret' } })).resolves.toBeUndefined();
  await expect(hook({ headers: { 'x-api-key': 'secret' } })).resolves.toBeUndefined();
  await expect(hook({ headers: {} })).rejects.toMatchObject({ code: 'KEY_MISSING', status: 401 });
  await expect(hook({ headers: { authorization: 'Bearer other' } })).rejects.toMatchObject({ code: 'KEY_WRONG' });
});

test('without a key only requests addressed to loopback pass', async () => {
  const hook = requireKey(null);
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:80'])
    await expect(hook({ headers: { host } }), host).resolves.toBeUndefined();
  for (const host of ['evil.example', '127.0.0.1.evil.example:80', ''])
    await expect(hook({ headers: { host } }), host).rejects.toMatchObject({ code: 'BIND_REFUSED' });
});

test.each([true, false])('logs hide secrets and keep one line a record (json: %s)', (json) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', json, write: (line) => lines.push(line) });
  logger.info(
    { apiKey: 'k-1', headers: { authorization: 'k-2', 'x-api-key': 'k-3' }, req: { headers: { cookie: 'k-4' } } },
    'a\nb',
  );
  logger.debug('below the level');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/k-\d/);
  expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1);
});
