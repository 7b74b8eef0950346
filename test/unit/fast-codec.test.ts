import avro from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import type { Message } from '../../services/shared/core/messages.ts';
import { AvroInput } from '../../services/shared/runtime/avro-input.ts';
import { AvroOutput } from '../../services/shared/runtime/avro-output.ts';
import { fromAvro, toAvro } from '../../services/shared/runtime/codec-shapes.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { StringCache } from '../../services/shared/runtime/string-cache.ts';

const HEADER_BYTES = 5;
const registry = await LockFileRegistry.open('schemas/schemas.lock.json');
const codec = await MessageCodec.create(registry);
const avroOf = async (subject: string): Promise<avro.Type> =>
  avro.Type.forSchema(JSON.parse(await registry.current(subject)) as avro.Schema, { wrapUnions: false });
const types = { event: await avroOf('event'), slices: await avroOf('slice-batch') };

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'opened', 'team', '__proto__', 'ü', '\0'));
const long = fc.oneof(fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 2 }), fc.integer({ min: -200, max: 200 }));
const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });
const decimal = fc.record({ unscaled: fc.bigInt(-(10n ** 40n), 10n ** 40n), scale: fc.nat(76) });
const dimensions = fc.array(fc.record({ name: text, value: text }), { maxLength: 4 });
const event = fc.record({
  workflow: text,
  caseId: text,
  id: text,
  kind: fc.constantFrom('event', 'correct', 'void'),
  activity: text,
  timeMs: long,
  dimensions,
  value: orNull(decimal),
  target: orNull(text),
  importId: orNull(text),
});
const snapshot = fc.record({
  definition: text,
  labels: text,
  sliceStartMs: long,
  version: fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-3n, 2n ** 54n)),
  samples: long,
  state: fc.uint8Array(),
  importId: orNull(text),
});

/** The bytes of a body behind the header of the codec. */
function framed(type: 'event' | 'slices', body: Buffer): Buffer {
  const sample: Message =
    type === 'slices'
      ? { type, source: '', snapshots: [] }
      : {
          type,
          event: {
            workflow: '',
            caseId: '',
            id: '',
            kind: 'event',
            activity: '',
            timeMs: 0,
            dimensions: {},
            value: null,
            target: null,
            importId: null,
          },
        };
  return Buffer.concat([codec.encode(sample).subarray(0, HEADER_BYTES), body]);
}

test('any event is read as avsc reads it', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(event, ({ value, ...rest }) => {
      const unscaled =
        value === null ? null : toAvro({ type: 'event', event: { ...rest, dimensions: {}, value } as never });
      const avroValue = unscaled === null ? null : (unscaled as { value: unknown }).value;
      const body = types.event.toBuffer({ ...rest, value: avroValue });
      const bytes = framed('event', body);
      expect(codec.decode(bytes)).toEqual(fromAvro('event', types.event.fromBuffer(body)));
    }),
    { numRuns: 1_000 },
  );
});

test('any batch of slices is written and read as avsc does it', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(text, fc.array(snapshot, { maxLength: 6 }), (source, all) => {
      const snapshots = all.map((each) => ({ ...each, type: 'slice' as const, source }));
      const message: Message = { type: 'slices', source, snapshots };
      const body = types.slices.toBuffer(toAvro(message));
      const bytes = codec.encode(message);
      expect(bytes.subarray(HEADER_BYTES)).toEqual(body);
      expect(codec.decode(bytes)).toEqual(fromAvro('slices', types.slices.fromBuffer(body)));
    }),
    { numRuns: 1_000 },
  );
});

test('an array in several blocks, with their sizes or without, is read as a whole', () => {
  const input = new AvroInput();
  input.open(Buffer.from([4, 3, 2, 0]), 0);
  // 2 items; then -2 items in 1 byte; then none.
  expect([input.blockItems(), input.blockItems(), input.at]).toEqual([2, 2, 3]);
  expect(input.blockItems()).toBe(0);
  expect(() => input.end()).not.toThrow();
});

test('bytes cut anywhere are refused, and so are bytes too many', () => {
  const message: Message = {
    type: 'slices',
    source: 'desk/0',
    snapshots: [
      {
        type: 'slice',
        source: 'desk/0',
        definition: 'd',
        labels: 'l',
        sliceStartMs: 60_000,
        version: 7n,
        samples: 1,
        state: Buffer.from([2, 4]),
        importId: 'i',
      },
    ],
  };
  const bytes = codec.encode(message);
  for (let length = HEADER_BYTES; length < bytes.length; length++)
    expect(() => codec.decode(bytes.subarray(0, length)), `${length}`).toThrow(/not a valid slices/);
  expect(() => codec.decode(Buffer.concat([bytes, Buffer.from([0])]))).toThrow(/left over/);
});

test.each([2 ** 53 - 1, -(2 ** 52) - 1, 1.5, NaN])('%s is refused, not written as another number', (value) => {
  expect(() => new AvroOutput().long(value)).toThrow(/the log keeps/);
});

test('a long that no number holds is refused', () => {
  const input = new AvroInput();
  input.open(Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 1]), 0);
  expect(() => input.long()).toThrow(RangeError);
});

test('a kept text is the text of the bytes, whatever came to its place before', () => {
  expect.hasAssertions();
  const cache = new StringCache();
  fc.assert(
    fc.property(text, (wanted) => {
      const bytes = Buffer.from(`..${wanted}.`);
      expect(cache.get(bytes, 2, bytes.length - 1)).toBe(wanted);
    }),
    { numRuns: 1_000 },
  );
});

test('equal dimensions of one name are one object', () => {
  const of = (team: string): Message =>
    codec.decode(
      framed(
        'event',
        types.event.toBuffer({
          workflow: 'w',
          caseId: 'c',
          id: 'i',
          kind: 'event',
          activity: 'a',
          timeMs: 1,
          dimensions: [{ name: 'team', value: team }],
          value: null,
          target: null,
          importId: null,
        }),
      ),
    );
  const [a, b, other] = [of('A'), of('A'), of('B')].map((message) =>
    message.type === 'event' ? message.event.dimensions : null,
  );
  expect(a).toBe(b);
  expect([a, other]).toEqual([{ team: 'A' }, { team: 'B' }]);
});
