import { readdirSync, readFileSync } from 'node:fs';
import avro from 'avsc';
import { expect, test } from 'vitest';

interface Locked {
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

const lock = JSON.parse(readFileSync('schemas/schemas.lock.json', 'utf8')) as Record<string, Locked[]>;
const subjects = readdirSync('schemas')
  .filter((name) => name.endsWith('.avsc'))
  .map((name) => name.slice(0, -'.avsc'.length));

function typeOf(schema: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: false });
}

/** BACKWARD_TRANSITIVE: the newest schema reads what every earlier one wrote. Throws where it does not. */
function assertReads(reader: string, writers: readonly string[]): void {
  for (const writer of writers) typeOf(reader).createResolver(typeOf(writer));
}

test('every schema file is a locked subject, and the other way round', () => {
  expect(subjects.sort()).toEqual(Object.keys(lock).sort());
});

test.each(subjects)('%s is its newest locked version', (subject) => {
  const current = JSON.parse(readFileSync(`schemas/${subject}.avsc`, 'utf8')) as unknown;
  expect(JSON.parse(lock[subject]!.at(-1)!.schema)).toEqual(current);
});

test.each(subjects)('%s reads every earlier version', (subject) => {
  const versions = lock[subject]!.map(({ schema }) => schema);
  expect(() => assertReads(versions.at(-1)!, versions)).not.toThrow();
});

test('ids are never given twice', () => {
  const ids = Object.values(lock).flatMap((versions) => versions.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
});

test('a new field without a default is refused, one with a default is not', () => {
  const writer = lock['event']!.at(-1)!.schema;
  const schema = JSON.parse(writer) as { fields: unknown[] };
  const withField = (field: object): string => JSON.stringify({ ...schema, fields: [...schema.fields, field] });
  expect(() => assertReads(withField({ name: 'planted', type: 'string' }), [writer])).toThrow(/planted/);
  expect(() => assertReads(withField({ name: 'planted', type: 'string', default: '' }), [writer])).not.toThrow();
});
