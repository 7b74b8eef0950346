import avro from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LockFileRegistry } from '../../services/shared/adapters/registry/lock-file-registry.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import type { DeadLetter, Message } from '../../services/shared/core/messages.ts';
import type { SchemaRegistry } from '../../services/shared/ports/schema-registry.ts';
import { MessageCodec } from '../../services/shared/runtime/codec.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../../services/shared/runtime/dead-letter-codec.ts';

const registry = await LockFileRegistry.open('schemas/schemas.lock.json');
const codec = await MessageCodec.create(registry, registry.ids());
const VERSION_MAX = 2n ** 63n - 1n;

/** Any well-formed Unicode; half a surrogate pair has no UTF-8. */
const text = fc.string({ unit: 'binary' });
const name = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', '', '\0', 'length'));
const timeMs = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
/** What avsc's long holds: one less than a number does. */
const count = fc.integer({ min: -(2 ** 52), max: Number.MAX_SAFE_INTEGER - 1 });
const version = fc.oneof(fc.bigInt(0n, VERSION_MAX), fc.constantFrom(0n, 2n ** 53n + 1n, VERSION_MAX));
const orNull = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });
const double = fc.double({ noNaN: true });
const decimal = fc.record({
  unscaled: fc.oneof(fc.bigInt(-(10n ** 76n), 10n ** 76n), fc.bigInt(-300n, 300n)),
  scale: fc.integer({ min: 0, max: 76 }),
});
// By defineProperty: fast-check's dictionary would set the prototype.
const dimensions = fc.array(fc.tuple(name, text), { maxLength: 6 }).map((pairs) => {
  const result: Record<string, string> = {};
  for (const [key, value] of pairs)
    Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
  return result;
});
const event = fc.record({
  workflow: text,
  caseId: text,
  id: text,
  kind: fc.constantFrom('event', 'correct', 'void'),
  activity: text,
  timeMs,
  dimensions,
  value: orNull(decimal),
  target: orNull(text),
  importId: orNull(text),
});
const typed = <T extends Message['type']>(type: T, fields: object): fc.Arbitrary<Message> =>
  fc.record({ type: fc.constant(type), ...fields }) as unknown as fc.Arbitrary<Message>;

const snapshot = {
  definition: text,
  labels: text,
  sliceStartMs: timeMs,
  version,
  samples: count,
  state: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  importId: orNull(text),
};

const messages: Record<Message['type'], fc.Arbitrary<Message>> = {
  event: typed('event', { event }),
  tick: typed('tick', {}),
  import: typed('import', { importId: text, phase: fc.constantFrom('begin', 'end'), maxEventMs: orNull(timeMs) }),
  control: typed('control', { definitions: fc.array(text), filling: fc.array(text) }),
  fill: typed('fill', { definitions: fc.array(text), after: fc.option(text), upTo: fc.option(text) }),
  cut: typed('cut', { lateMs: timeMs, frozenMs: timeMs }),
  slice: typed('slice', { ...snapshot, source: text }),
  slices: fc.tuple(text, fc.array(fc.record(snapshot))).map(([source, all]) => {
    const snapshots = all.map((each) => ({ ...each, type: 'slice', source }));
    return { type: 'slices', source, snapshots } as unknown as Message;
  }),
  mark: typed('mark', {
    source: text,
    position: version,
    watermarkMs: orNull(timeMs),
    storedPosition: version,
    openImports: fc.array(text),
    definitions: fc.array(text),
    filling: fc.array(text),
  }),
  delivery: typed('delivery', {
    key: text,
    rule: text,
    channel: text,
    outcome: fc.constantFrom('delivered', 'retrying', 'failed'),
    attempts: fc.nat(),
    nextMs: orNull(timeMs),
    reason: text,
    timeMs,
  }),
  value: typed('value', {
    kpi: text,
    definition: text,
    labels: text,
    windowStartMs: timeMs,
    windowEndMs: timeMs,
    value: orNull(double),
    valueExact: orNull(text),
    samples: count,
    state: fc.constantFrom('provisional', 'final', 'backfilling'),
    revision: fc.integer({ min: 0 }),
    reason: text,
    withdrawn: fc.boolean(),
    version,
  }),
  transition: typed('transition', {
    rule: text,
    ruleHash: text,
    kpi: text,
    labels: text,
    from: fc.constantFrom('inactive', 'pending', 'firing'),
    to: fc.constantFrom('inactive', 'pending', 'firing'),
    timeMs,
    episode: text,
    provisional: fc.boolean(),
    value: orNull(double),
    target: orNull(double),
    samples: count,
    severity: fc.constantFrom('info', 'warning', 'page'),
    notify: fc.array(text),
    suppressed: orNull(text),
    reason: text,
    version,
    partition: fc.nat({ max: 1000 }),
  }),
};

const EVENT: WorkflowEvent = {
  workflow: 'helpdesk',
  caseId: 'case 1',
  id: 'e1',
  kind: 'event',
  activity: 'opened',
  timeMs: 1_700_000_000_000,
  dimensions: { team: 'A' },
  value: null,
  target: null,
  importId: null,
};

function roundTrip(message: Message): Message {
  return codec.decode(codec.encode(message));
}

test.each(Object.keys(messages) as Message['type'][])('any %s round-trips', (type) => {
  fc.assert(
    fc.property(messages[type], (message) => {
      expect(roundTrip(message)).toEqual(message);
    }),
    { numRuns: 300 },
  );
});

test('the wire format is 0, the schema id as int32 big-endian, then the Avro body', async () => {
  for (const [type, subject] of [
    ['tick', 'tick'],
    ['control', 'control'],
    ['fill', 'fill'],
    ['cut', 'cut'],
    ['import', 'import-bracket'],
  ] as const) {
    const message = fc.sample(messages[type], 1)[0]!;
    const bytes = codec.encode(message);
    const id = await registry.idOf(subject);
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, id]));
    const schema = avro.Type.forSchema(JSON.parse(await registry.schemaOf(id)) as avro.Schema, { wrapUnions: false });
    expect({ type, ...(schema.fromBuffer(bytes.subarray(5)) as object) }).toEqual(message);
  }
});

test.each([0n, 2n ** 53n, 2n ** 53n + 1n, VERSION_MAX - 1n, VERSION_MAX])('version %s is exact', (exact) => {
  const [mark] = fc.sample(messages.mark, 1);
  expect(roundTrip({ ...mark, position: exact, storedPosition: exact } as Message)).toMatchObject({
    position: exact,
    storedPosition: exact,
  });
});

test('a version above 2^63 - 1 is refused, not cut', () => {
  const [slice] = fc.sample(messages.slice, 1);
  expect(() => codec.encode({ ...slice, version: VERSION_MAX + 1n } as Message)).toThrow(RangeError);
});

test('a whole number that avsc would write as another one is refused', () => {
  const at = (timeMs: number): Message => ({ type: 'event', event: { ...EVENT, timeMs } });
  expect(roundTrip(at(-(2 ** 52)))).toEqual(at(-(2 ** 52)));
  expect(() => codec.encode(at(-(2 ** 52) - 1))).toThrow(/nothing below/);
  for (const wrong of [2 ** 53, 1.5, NaN]) expect(() => codec.encode(at(wrong))).toThrow(Error);
  const [slice] = fc.sample(messages.slice, 1);
  expect(() => codec.encode({ ...slice, samples: -(2 ** 52) - 1 } as Message)).toThrow(/a slice holds/);
});

test.each([0n, 1n, -1n, 127n, 128n, -128n, -129n, 255n, 256n, 10n ** 76n, -(10n ** 76n)])(
  'the decimal %s is exact and as short as it can be',
  (unscaled) => {
    const message: Message = { type: 'event', event: { ...EVENT, value: { unscaled, scale: 2 } } };
    expect(roundTrip(message)).toEqual(message);
    const bits = (unscaled < 0n ? -unscaled - 1n : unscaled).toString(2).length + (unscaled === 0n ? 0 : 1);
    const withoutValue = codec.encode({ type: 'event', event: EVENT }).length;
    // Length and scale are one byte each.
    expect(codec.encode(message).length - withoutValue).toBe(2 + Math.ceil(bits / 8));
  },
);

test('a dimension called __proto__ stays a dimension and changes no prototype', () => {
  const planted = JSON.parse('{"__proto__":"x","team":"A","constructor":"y"}') as Record<string, string>;
  const read = roundTrip({ type: 'event', event: { ...EVENT, dimensions: planted } });
  if (read.type !== 'event') throw new Error(`read back as ${read.type}`);
  expect(Object.entries(read.event.dimensions)).toEqual([
    ['__proto__', 'x'],
    ['team', 'A'],
    ['constructor', 'y'],
  ]);
  expect(Object.getPrototypeOf(read.event.dimensions)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)['team']).toBeUndefined();
});

test('bytes within a larger buffer are read at their place', () => {
  const bytes = codec.encode({ type: 'event', event: EVENT });
  const larger = new Uint8Array(bytes.length + 20).fill(255);
  larger.set(bytes, 7);
  expect(codec.decode(larger.subarray(7, 7 + bytes.length))).toEqual({ type: 'event', event: EVENT });
});

test('bytes that are no record are RECORD_UNREADABLE, and the message says why', () => {
  const bytes = codec.encode({ type: 'event', event: EVENT });
  const unreadable = (broken: Uint8Array, reason: RegExp): void => {
    expect(() => codec.decode(broken)).toThrow(
      expect.objectContaining({ code: 'RECORD_UNREADABLE', message: expect.stringMatching(reason) }),
    );
  };
  unreadable(Buffer.alloc(0), /0 bytes does not begin/);
  unreadable(bytes.subarray(0, 4), /4 bytes does not begin/);
  unreadable(Buffer.from('{"type":"event"}'), /does not begin/);
  unreadable(bytes.subarray(0, -1), /not a valid event/);
  unreadable(Buffer.concat([bytes, Buffer.from([0])]), /not a valid event/);
  for (let length = 5; length < bytes.length; length++) unreadable(bytes.subarray(0, length), /not a valid event/);
});

test('a schema id that the registry does not know is SCHEMA_UNKNOWN_ID', () => {
  const bytes = codec.encode({ type: 'tick' });
  bytes.writeInt32BE(4711, 1);
  expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'SCHEMA_UNKNOWN_ID' }));
});

test('a record of an older writer schema is read as the current one', async () => {
  const NEWER_ID = 4711;
  const olderId = await registry.idOf('event');
  const newer = JSON.parse(await registry.schemaOf(olderId)) as { fields: object[] };
  // As a later version may: a field more, with a default, before the others.
  newer.fields.unshift({ name: 'planted', type: 'string', default: 'none' });
  const later: SchemaRegistry = {
    idOf: async (subject) => (subject === 'event' ? NEWER_ID : registry.idOf(subject)),
    schemaOf: async (id) => (id === NEWER_ID ? JSON.stringify(newer) : registry.schemaOf(id)),
  };
  const written = codec.encode({ type: 'event', event: { ...EVENT, value: { unscaled: -1250n, scale: 2 } } });
  const read = (await MessageCodec.create(later, [olderId])).decode(written);
  expect(read).toEqual({ type: 'event', event: { ...EVENT, value: { unscaled: -1250n, scale: 2 } } });
  // Without it the id is unknown; its bytes are never taken for the newer schema.
  const without = await MessageCodec.create(later);
  expect(() => without.decode(written)).toThrow(expect.objectContaining({ code: 'SCHEMA_UNKNOWN_ID' }));
});

test('a dead letter round-trips; anything else is RECORD_UNREADABLE', () => {
  const letter: DeadLetter = {
    id: 'a',
    workflow: 'helpdesk',
    source: 'events.csv:3',
    code: 'ROW_INVALID',
    reason: 'no date: "\n"',
    rawBase64: Buffer.from([0, 255, 10]).toString('base64'),
  };
  expect(decodeDeadLetter(encodeDeadLetter(letter))).toEqual(letter);
  for (const broken of ['', '{', 'null', '[]', '"text"', '{"id":"a"}', JSON.stringify({ ...letter, reason: 1 })]) {
    expect(() => decodeDeadLetter(Buffer.from(broken))).toThrow(expect.objectContaining({ code: 'RECORD_UNREADABLE' }));
  }
});

test('a message larger than any before it is written whole, and so is a small one after it', () => {
  const definitions = Array.from({ length: 3_000 }, (_, i) => `definition ${i}`);
  const large: Message = { type: 'control', definitions, filling: [] };
  const small: Message = { type: 'control', definitions: ['one'], filling: [] };
  const encoded = [large, small].map((message) => codec.encode(message));
  expect(encoded.map((bytes) => codec.decode(bytes))).toEqual([large, small]);
  expect(encoded[1]!.length).toBeLessThan(20);
});
