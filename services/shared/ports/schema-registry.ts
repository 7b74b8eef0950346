/**
 * Schema ids and schemas, as a Confluent-compatible registry gives them out.
 *
 * What every adapter promises:
 * 1. `idOf` gives the id under which a subject's current schema is registered, always the same one.
 * 2. `schemaOf` gives the Avro schema (JSON text) of an id that was ever given out.
 * 3. An unknown subject fails with SCHEMA_UNKNOWN_SUBJECT, an unknown id with SCHEMA_UNKNOWN_ID.
 */
export interface SchemaRegistry {
  idOf(subject: string): Promise<number>;
  schemaOf(id: number): Promise<string>;
}
