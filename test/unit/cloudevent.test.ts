import { expect, test } from 'vitest';
import type { Workflow } from '../../services/shared/core/catalogue/catalogue.ts';
import { readCloudEvent } from '../../services/shared/core/ingest/cloudevent.ts';
import { attributesOfHeaders } from '../../services/shared/core/ingest/cloudevent-headers.ts';
import { readRfc3339 } from '../../services/shared/core/ingest/json-mapping-field.ts';

const workflow: Workflow = {
  name: 'helpdesk',
  activities: ['opened', 'closed'],
  dimensions: ['team', 'priority'],
  disorderMs: 0,
  idleTimeoutMs: 1,
  futureLimitMs: 0,
  retentionMs: null,
};
const event = {
  specversion: '1.0',
  id: 'e1',
  source: '/desk',
  type: 'opened',
  subject: 'T-1',
  time: '2026-03-01T09:30:00.1239Z',
};
const read = (change: object): unknown => readCloudEvent({ ...event, ...change }, workflow);

test('attributes and data become the parts of an event', () => {
  expect(read({ data: { value: '12345678901234567.89', team: 'north', priority: 1, other: 'x' } })).toEqual({
    workflow: 'helpdesk',
    caseId: 'T-1',
    id: '5:/desk2:e1',
    kind: 'event',
    activity: 'opened',
    timeMs: Date.UTC(2026, 2, 1, 9, 30, 0, 123),
    dimensions: { team: 'north', priority: '1' },
    value: { unscaled: 1234567890123456789n, scale: 2 },
    target: null,
    importId: null,
  });
  expect(read({ data: { dimensions: { other: 'x', open: true } } })).toMatchObject({
    dimensions: { other: 'x', open: 'true' },
  });
});

test('no two pairs of source and id make one event id', () => {
  const ids = [read({ source: 'a', id: 'bc' }), read({ source: 'ab', id: 'c' }), read({ source: 'a1', id: ':bc' })].map(
    (one) => (one as { id: string }).id,
  );
  expect(new Set(ids).size).toBe(3);
});

test('correct and void name their target by the id of a CloudEvent', () => {
  expect(read({ id: 'e2', type: 'correct', data: { target: 'e1', activity: 'closed', value: 2 } })).toMatchObject({
    kind: 'correct',
    activity: 'closed',
    target: '5:/desk2:e1',
    value: { unscaled: 2n, scale: 0 },
  });
  expect(read({ type: 'void', data: { target: 'e1', targetSource: 'x' } })).toMatchObject({
    kind: 'void',
    activity: '',
    target: '1:x2:e1',
  });
  expect(read({ type: 'void' })).toMatchObject({ kind: 'void', target: null });
});

test.each([
  ['specversion', { specversion: '0.3' }],
  ['subject', { subject: undefined }],
  ['source', { source: '' }],
  ['time', { time: '2026-02-31T00:00:00Z' }],
  ['time', { time: '2026-03-01T09:30:00' }],
  ['time', { time: '1500-03-01T09:30:00Z' }],
  ['data', { data: [1] }],
  ['data_base64', { data_base64: 'AA==' }],
  ['data.value', { data: { value: Infinity } }],
  ['data.value', { data: { value: '1,5' } }],
  ['data.dimensions.team', { data: { dimensions: { team: { a: 1 } } } }],
  ['data.dimensions.__proto__', { data: { dimensions: JSON.parse('{"__proto__":"x"}') as object } }],
  ['data.target', { type: 'correct', data: { activity: 'closed' } }],
  ['data.activity', { type: 'correct', data: { target: 'e1' } }],
  ['subject', { subject: '\ud800' }],
])('a wrong %s is named', (field, change) => {
  expect(read(change)).toMatchObject({ code: 'EVENT_INVALID', field });
});

test('headers are unquoted and percent-decoded once', () => {
  const headers = {
    'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
    'ce-id': '"a\\"b"',
    'ce-type': '100%2525',
    host: 'x',
    'content-type': 'application/json',
  };
  expect(attributesOfHeaders(headers)).toEqual({ subject: 'Euro € 😀', id: 'a"b', type: '100%25' });
  expect(() => attributesOfHeaders({ 'ce-id': '100%' })).toThrow(/ce-id/);
});

test('RFC 3339 times need seconds and an offset', () => {
  expect(readRfc3339('2026-03-01t09:30:00.999999+02:00')).toBe(Date.UTC(2026, 2, 1, 7, 30, 0, 999));
  for (const text of ['2026-03-01T09:30Z', '2026-03-01', '2026-03-01T25:00:00Z', '2026-03-01T09:30:00+0200'])
    expect(readRfc3339(text), text).toBeNull();
});
