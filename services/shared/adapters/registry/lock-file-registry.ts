import { readFile } from 'node:fs/promises';
import { TaktError } from '../../core/errors.ts';
import type { SchemaRegistry } from '../../ports/schema-registry.ts';
import { unknownId, unknownSubject } from './registry-errors.ts';

interface LockedSchema {
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

/** Schema ids from the committed lock file: without a registry every process gives a schema the same id. */
export class LockFileRegistry implements SchemaRegistry {
  private readonly path: string;
  private readonly subjects: ReadonlyMap<string, readonly LockedSchema[]>;

  private constructor(path: string, subjects: ReadonlyMap<string, readonly LockedSchema[]>) {
    this.path = path;
    this.subjects = subjects;
  }

  /** Reads schemas/schemas.lock.json. Throws INTERNAL when it is missing or no JSON: it is part of takt. */
  static async open(path: string): Promise<LockFileRegistry> {
    try {
      const content = JSON.parse(await readFile(path, 'utf8')) as Record<string, LockedSchema[]>;
      return new LockFileRegistry(path, new Map(Object.entries(content)));
    } catch (error) {
      throw new TaktError(
        'INTERNAL',
        `${path}: the schemas cannot be read: ${(error as Error).message}.\nThis file is part of takt: install it again.`,
        { cause: error },
      );
    }
  }

  async idOf(subject: string): Promise<number> {
    return this.currentOf(subject).id;
  }

  /** The text of a subject's current schema. Throws SCHEMA_UNKNOWN_SUBJECT. */
  async current(subject: string): Promise<string> {
    return this.currentOf(subject).schema;
  }

  private currentOf(subject: string): LockedSchema {
    const current = this.subjects.get(subject)?.at(-1);
    if (current === undefined) throw unknownSubject(this.path, subject, [...this.subjects.keys()]);
    return current;
  }

  async schemaOf(id: number): Promise<string> {
    for (const versions of this.subjects.values()) {
      for (const version of versions) if (version.id === id) return version.schema;
    }
    throw unknownId(this.path, id);
  }

  /** Every id that records may carry. */
  ids(): number[] {
    return [...this.subjects.values()].flatMap((versions) => versions.map(({ id }) => id));
  }
}
