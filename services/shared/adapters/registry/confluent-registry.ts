import { TaktError } from '../../core/errors.ts';
import type { SchemaRegistry } from '../../ports/schema-registry.ts';
import { unknownId } from './registry-errors.ts';

/** How to reach a registry that speaks Confluent's API (Confluent, Apicurio's ccompat, Karapace, Redpanda). */
export interface ConfluentSettings {
  /** Up to where `/subjects` and `/schemas` begin. */
  readonly url: string;
  /** Basic authentication, or a token; absent: none. */
  readonly auth?: { readonly user: string; readonly password: string } | { readonly token: string };
  /** A subject there: this, and the subject's name. */
  readonly subjectPrefix: string;
  readonly timeoutMs: number;
}

/** The schemas that takt comes with: what is registered, and ids of records from before there was a registry. */
export interface OwnSchemas extends SchemaRegistry {
  /** The text of a subject's current schema. Throws SCHEMA_UNKNOWN_SUBJECT. */
  current(subject: string): Promise<string>;
}

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
const NOT_FOUND = 404;
/** Schemas kept by id: each is one that records carry, and a log has tens of them. */
const CACHED_MAX = 1_000;

/**
 * A registry over HTTP. A subject's current schema is the one that takt comes with: asking for its id registers it, which
 * changes nothing where it is registered already. What was answered is kept. An id that the registry does not know is
 * looked up in the schemas that takt comes with.
 * Source: Confluent Schema Registry API, `POST /subjects/{subject}/versions` and `GET /schemas/ids/{id}`.
 */
export class ConfluentRegistry implements SchemaRegistry {
  private readonly settings: ConfluentSettings;
  private readonly own: OwnSchemas;
  private readonly ids = new Map<string, number>();
  private readonly schemas = new Map<number, string>();

  constructor(settings: ConfluentSettings, own: OwnSchemas) {
    this.settings = settings;
    this.own = own;
  }

  /** Throws SCHEMA_UNKNOWN_SUBJECT, SCHEMA_REFUSED where the registry takes no such schema, or REGISTRY_UNAVAILABLE. */
  async idOf(subject: string): Promise<number> {
    const known = this.ids.get(subject);
    if (known !== undefined) return known;
    const schema = await this.own.current(subject);
    const name = this.settings.subjectPrefix + subject;
    const path = `/subjects/${encodeURIComponent(name)}/versions`;
    const { status, body } = await this.ask(path, { schemaType: 'AVRO', schema });
    const { id } = body as { readonly id?: unknown };
    if (status !== 200 || !Number.isSafeInteger(id)) throw this.refused(path, status, body);
    this.ids.set(subject, id as number);
    this.keep(id as number, schema);
    return id as number;
  }

  /** Throws SCHEMA_UNKNOWN_ID or REGISTRY_UNAVAILABLE. */
  async schemaOf(id: number): Promise<string> {
    const known = this.schemas.get(id);
    if (known !== undefined) return known;
    if (!Number.isSafeInteger(id) || id < 0) throw unknownId(this.settings.url, id);
    const path = `/schemas/ids/${id}`;
    const { status, body } = await this.ask(path, null);
    if (status === NOT_FOUND) return this.own.schemaOf(id);
    const { schema } = body as { readonly schema?: unknown };
    if (status !== 200 || typeof schema !== 'string') throw this.refused(path, status, body);
    this.keep(id, schema);
    return schema;
  }

  private keep(id: number, schema: string): void {
    if (this.schemas.size >= CACHED_MAX) this.schemas.clear();
    this.schemas.set(id, schema);
  }

  private async ask(path: string, body: object | null): Promise<{ readonly status: number; readonly body: unknown }> {
    const { url, auth, timeoutMs } = this.settings;
    const headers: Record<string, string> = { accept: `${MEDIA_TYPE}, application/json` };
    if (body !== null) headers['content-type'] = MEDIA_TYPE;
    if (auth !== undefined) {
      headers['authorization'] =
        'token' in auth
          ? `Bearer ${auth.token}`
          : `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
    }
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        headers,
        // A redirect would hand the key to whoever it names.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === null ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw this.unavailable((error as Error & { readonly cause?: Error }).cause ?? (error as Error));
    }
    if (status >= 500 || status === 429) throw this.unavailable(new Error(`it answers ${status}`));
    return { status, body: parsed(text) };
  }

  private unavailable(cause: Error): TaktError {
    return new TaktError(
      'REGISTRY_UNAVAILABLE',
      `the schema registry at ${this.settings.url} does not answer: ${cause.message}.\nCheck that it runs and can be reached; takt tries again.`,
      { cause },
    );
  }

  private refused(path: string, status: number, body: unknown): TaktError {
    const { message } = body as { readonly message?: unknown };
    const said = typeof message === 'string' ? message : 'no reason given';
    return new TaktError(
      'SCHEMA_REFUSED',
      `the schema registry at ${this.settings.url} answers ${path} with ${status}: ${said}.\nCheck its address, the key, and that the subject is takt's own with compatibility BACKWARD_TRANSITIVE.`,
    );
  }
}

/** What an answer says; an empty object where it is no JSON object. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
