import { expect, test } from 'vitest';
import type { NotificationDetails, NotifiedInstance } from '../../services/shared/core/notify/notification.ts';
import { BODY_BYTES_MAX, notificationText } from '../../services/shared/core/notify/notification-text.ts';
import { notification } from '../support/notification.ts';

const words = { name: 'First response time', unit: 'minutes', zone: 'Asia/Shanghai' };
const instance = (team: string, changes: Partial<NotifiedInstance> = {}): NotifiedInstance => ({
  labels: { team },
  value: 48.251234567,
  target: 30,
  samples: 12,
  sinceMs: Date.parse('2026-11-25T02:50:00Z'),
  timeMs: Date.parse('2026-11-25T03:00:00Z'),
  provisional: false,
  episode: 'e',
  reason: 'value < target - 5',
  ...changes,
});
const details = (changes: Partial<NotificationDetails>): NotificationDetails => ({
  ...notification().details,
  type: 'alert.firing',
  rule: 'slow-first-response',
  kpi: 'first_response_time',
  severity: 'page',
  ...changes,
});

test('a firing says who, how much, against what, and since when', () => {
  const firing = [instance('north'), instance('south', { provisional: true, samples: 1, target: null })];
  expect(notificationText(details({ firing, firingCount: 2 }), words)).toEqual({
    title: '[page] slow-first-response fires: team north; team south',
    body: [
      'fires: First response time (team north) 48.2512 minutes, target 30, 12 samples, since 2026-11-25 10:50 Asia/Shanghai',
      'fires: First response time (team south) 48.2512 minutes, 1 sample, provisional, since 2026-11-25 10:50 Asia/Shanghai',
    ].join('\n'),
  });
});

test('what is over says so, also beside what still fires; a KPI without labels or unit has none', () => {
  const resolved = [instance('north', { value: null })];
  const over = details({ type: 'alert.resolved', resolved, resolvedCount: 1 });
  expect(notificationText(over, words)).toEqual({
    title: '[page] slow-first-response is over: team north',
    body: 'over: First response time (team north) no value, target 30, 12 samples, at 2026-11-25 11:00 Asia/Shanghai: value < target - 5',
  });
  const both = details({
    firing: [instance('x', { labels: {} })],
    firingCount: 1,
    resolved,
    resolvedCount: 1,
  });
  const text = notificationText(both, { ...words, unit: '' });
  expect(text.title).toBe('[page] slow-first-response fires');
  expect(text.body.split('\n').map((line) => line.slice(0, 35))).toEqual([
    'fires: First response time 48.2512,',
    'over: First response time (team nor',
  ]);
});

test('hundreds of instances with long names in any script stay within bytes and lines', () => {
  const firing = Array.from({ length: 20 }, (_, i) => instance(`${'客户😀'.repeat(200)}${i}`));
  const { title, body } = notificationText(details({ firing, firingCount: 300 }), words);
  expect(title.length).toBeLessThanOrEqual(200);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(BODY_BYTES_MAX);
  expect(body.split('\n').at(-1)).toMatch(/^… and \d+ more/);
  for (const text of [title, body]) expect(Buffer.from(text).toString()).toBe(text);
});

test('labels cannot break lines or turn their direction', () => {
  const firing = [instance('a\nb\r\u2028c\u202ed\0')];
  const { title, body } = notificationText(details({ firing, firingCount: 1 }), words);
  expect(`${title}${body}`).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
  expect(body).toContain('team a b c d ');
});

test('a test says that nothing is wrong', () => {
  const { title, body } = notificationText(notification().details, words);
  expect([title, body].join(' ')).toMatch(/test.*Nothing is wrong/);
});
