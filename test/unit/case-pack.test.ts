import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteOutput } from '../../services/shared/core/bytes/byte-output.ts';
import { CasePacker } from '../../services/shared/core/measure/case-pack.ts';
import { summaryOf } from '../../services/shared/core/measure/case-summary.ts';
import { eventOrder } from '../../services/shared/core/measure/effective-events.ts';
import type { LoggedEvent } from '../../services/shared/core/event.ts';

const text = fc.string({ unit: 'binary' });
const fields = {
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
} as const;
const events: fc.Arbitrary<LoggedEvent> = fc.record(fields);

function packedAndBack(packer: CasePacker, list: readonly LoggedEvent[]): LoggedEvent[] {
  const out = new ByteOutput();
  out.text('in front');
  const start = out.at;
  for (const event of list) packer.pack(out, event);
  return packer.unpack('w', 'c', out.bytes, start, out.at);
}

test('a case comes back as it was packed, whatever the packer had before', () => {
  const packer = new CasePacker();
  fc.assert(
    fc.property(fc.array(events), (list) => {
      expect(packedAndBack(packer, list)).toEqual(list);
    }),
  );
});

test('a dimension called __proto__ stays one', () => {
  const dimensions = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
  const [event] = fc.sample(events, 1);
  const [back] = packedAndBack(new CasePacker(), [{ ...event!, dimensions }]);
  expect(Object.entries(back!.dimensions)).toEqual([['__proto__', 'x']]);
});

test('more activities and dimensions than are kept once come back too', () => {
  const packer = new CasePacker();
  const [event] = fc.sample(events, 1);
  const many = Array.from({ length: 10_050 }, (_, n): LoggedEvent => {
    return { ...event!, activity: `a${n}`, dimensions: { n: `${n}` }, importId: null };
  });
  expect(packedAndBack(packer, many)).toEqual(many);
  expect(packedAndBack(packer, many.slice(10_000))).toEqual(many.slice(10_000));
});

test('a summary without the events is that of the events', () => {
  const order = eventOrder(new Map([['opened', 0]]));
  const few = fc.record({
    ...fields,
    kind: fc.constantFrom('event', 'event', 'event', 'correct'),
    activity: fc.constantFrom('opened', 'closed'),
    timeMs: fc.nat(100),
    dimensions: fc.constantFrom({ team: 'north' }, { team: 'north' }, { team: 'south' }),
    value: fc.constantFrom(null, null, null, { unscaled: 1n, scale: 0 }),
    target: fc.constant(null),
    importId: fc.constantFrom(null, null, null, 'import'),
  });
  const packer = new CasePacker();
  let without = 0;
  fc.assert(
    fc.property(fc.array(few, { minLength: 1, maxLength: 4 }), (list) => {
      const out = new ByteOutput();
      for (const event of list) packer.pack(out, event);
      const summary = packer.summary(out.bytes, 0, out.at);
      if (summary !== null) without++;
      expect(summary ?? summaryOf(list, order)).toEqual(summaryOf(list, order));
    }),
    { numRuns: 500 },
  );
  expect(without).toBeGreaterThan(20);
});
