import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packCase, unpackCase } from '../../services/shared/core/case-pack.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';

const text = fc.string({ unit: 'binary' });
const events: fc.Arbitrary<LoggedEvent> = fc.record({
  workflow: fc.constant('w'),
  caseId: fc.constant('c'),
  id: text,
  kind: fc.constantFrom('event', 'correct', 'void'),
  activity: text,
  timeMs: fc.maxSafeInteger(),
  dimensions: fc.dictionary(text, text, { noNullPrototype: true }),
  value: fc.option(fc.record({ unscaled: fc.bigInt(), scale: fc.nat(76) })),
  target: fc.option(text),
  importId: fc.option(text),
  offset: fc.maxSafeInteger(),
  appendMs: fc.maxSafeInteger(),
});

test('a case comes back as it was packed', () => {
  fc.assert(
    fc.property(fc.array(events), (list) => {
      expect(unpackCase('w', 'c', packCase(list))).toEqual(list);
    }),
  );
});

test('a dimension called __proto__ stays one', () => {
  const dimensions = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
  const [event] = fc.sample(events, 1);
  const [back] = unpackCase('w', 'c', packCase([{ ...event!, dimensions }]));
  expect(Object.entries(back!.dimensions)).toEqual([['__proto__', 'x']]);
});
