import { expect, test } from 'vitest';
import { parseJson } from '../../services/shared/core/ingest/json-limits.ts';
import { payloadId } from '../../services/shared/core/ingest/payload-id.ts';

const LIMITS = { depthMax: 32, keysMax: 100, itemsMax: 100 };

function idOf(topic: string, text: string): string {
  const { value, raw } = parseJson(text, LIMITS);
  return payloadId(topic, value, () => raw(0));
}

test('the same content on the same topic has the same id, however it is written', () => {
  const id = idOf('line/3', '{"serial":"A-1","state":"done","n":[1,{"b":2.50,"a":null}]}');
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(idOf('line/3', ' { "n": [1, {"a": null, "b": 2.5}], "state":"done", "serial": "A-1" } ')).toBe(id);
});

test.each([
  ['line/4', '{"serial":"A-1","n":1}'],
  ['line/3', '{"serial":"A-2","n":1}'],
  ['line/3', '{"serial":"A-1","n":"1"}'],
  ['line/3', '{"serial":"A-1","n":[1]}'],
  ['line/3', '{"serial":"A-1","m":1}'],
  ['line/3', '{"serial":"A-1","n":1,"at":null}'],
])('another topic or content has another id: %s %s', (topic, text) => {
  expect(idOf(topic, text)).not.toBe(idOf('line/3', '{"serial":"A-1","n":1}'));
});

test('numbers that no double holds do not become one', () => {
  const [a, b] = ['12345678901234567', '12345678901234568'].map((n) => idOf('line/3', `{"n":${n}}`));
  expect(a).not.toBe(b);
});
