import avro from 'avsc';
import { describe, expect, test } from 'vitest';
import type { SchemaRegistry } from '../../services/shared/ports/schema-registry.ts';

/** A registry that holds `subject` in the versions `ids`, oldest first. */
export interface RegistryUnderTest {
  readonly registry: SchemaRegistry;
  readonly subject: string;
  readonly ids: readonly number[];
  /** The same registry as another process sees it. */
  readonly again: () => Promise<SchemaRegistry>;
}

/** One test per promise of services/shared/ports/schema-registry.ts. */
export function schemaRegistryContract(name: string, makeRegistry: () => Promise<RegistryUnderTest>): void {
  describe(`schema registry: ${name}`, () => {
    test('1. idOf gives the id of the current schema, always the same', async () => {
      const { registry, subject, ids, again } = await makeRegistry();
      expect(await registry.idOf(subject)).toBe(ids.at(-1));
      expect(await registry.idOf(subject)).toBe(ids.at(-1));
      expect(await (await again()).idOf(subject)).toBe(ids.at(-1));
    });

    test('2. schemaOf gives the Avro schema of every id ever given out', async () => {
      const { registry, ids } = await makeRegistry();
      const schemas = await Promise.all(ids.map((id) => registry.schemaOf(id)));
      expect(new Set(schemas).size).toBe(ids.length);
      for (const schema of schemas) {
        expect(avro.Type.forSchema(JSON.parse(schema) as avro.Schema).typeName).toBe('record');
      }
    });

    test('3. an unknown subject fails with SCHEMA_UNKNOWN_SUBJECT, an unknown id with SCHEMA_UNKNOWN_ID', async () => {
      const { registry } = await makeRegistry();
      for (const subject of ['none', '', '__proto__', 'constructor']) {
        await expect(registry.idOf(subject)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN_SUBJECT' });
      }
      for (const id of [999_999, -1, NaN]) {
        await expect(registry.schemaOf(id)).rejects.toMatchObject({ code: 'SCHEMA_UNKNOWN_ID' });
      }
    });
  });
}
