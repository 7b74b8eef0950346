import { expect, test } from 'vitest';
import { createLogger } from '../../services/shared/runtime/logging.ts';
import { registerOps } from '../../services/wallboard/ops-routes.ts';
import { createApp } from '../../services/wallboard/server.ts';

test('what was not foreseen is answered without a word of it, and stands in the log with its trace', async () => {
  const lines: string[] = [];
  const codes: string[] = [];
  const app = createApp(() => {}, createLogger({ level: 'error', json: true, write: (line) => void lines.push(line) }));
  registerOps(app, {
    status: () => Promise.reject(new Error('a secret of the inside')),
    health: () => ({ healthy: true, reasons: [] }),
    ready: () => ({ ready: true, reasons: [] }),
    metrics: async () => '',
    keyHash: null,
    onError: (code) => void codes.push(code),
  });
  app.get('/plain', () => Promise.reject(new Error('another one')));
  const answers = [await app.inject('/v1/status'), await app.inject('/plain'), await app.inject('/healthz')];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([500, 500, 200]);
  expect(answers.map(({ body }) => body).join()).not.toMatch(/secret|another|at .*server/);
  expect(codes).toEqual(['INTERNAL']);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('a secret of the inside');
  expect(lines[0]).toContain('server.test.ts');
});
