import { expect, test } from 'vitest';
import { matchTopic, readTopicPattern, type TopicPattern } from '../../services/shared/core/ingest/topic-pattern.ts';

function pattern(text: string): TopicPattern {
  const read = readTopicPattern(text);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

test.each([
  ['line/{line}/{station}/events', 'line/+/+/events', 'line/3/press/events', { line: '3', station: 'press' }],
  ['line/{line}/#', 'line/+/#', 'line/3/press/events', { line: '3' }],
  ['line/{line}/#', 'line/+/#', 'line/3', { line: '3' }],
  ['line/+/events', 'line/+/events', 'line/3/events', {}],
  ['plain', 'plain', 'plain', {}],
  ['/{a}', '/+', '/', { a: '' }],
  ['{machine-1}', '+', '冲压机', { 'machine-1': '冲压机' }],
])('%s asks for %s and takes %s', (text, filter, topic, levels) => {
  expect(pattern(text).filter).toBe(filter);
  expect(matchTopic(pattern(text), topic)).toEqual(levels);
});

test.each([
  ['line/{line}/events', 'line/3'],
  ['line/{line}/events', 'line/3/events/more'],
  ['line/{line}', 'line/3/events'],
  ['line/{line}/#', 'hall/3/events'],
  // As brokers do it.
  ['#', '$SYS/broker/uptime'],
  ['{a}/broker/uptime', '$SYS/broker/uptime'],
])('%s does not take %s', (text, topic) => {
  expect(matchTopic(pattern(text), topic)).toBeNull();
});

test.each([
  ['', /empty/],
  ['line/#/events', /# does not stand at its end/],
  ['line/{a}/{a}', /two levels \{a\}/],
  ['line/x{a}', /mixes text/],
  ['line/+x', /mixes text/],
  ['line/{}', /mixes text/],
  ['$share/takt/line/#', /shared subscription/],
  ['a\0b', /NUL/],
  ['x'.repeat(65_536), /more than 65535 bytes/],
])('%j is no pattern', (text, why) => {
  expect(readTopicPattern(text)).toMatch(why);
});
