import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { didYouMean, listed, type Path, type Problem } from '../core/catalogue/catalogue-problem.ts';
import { TaktError } from '../core/errors.ts';

/** The folder of the schemas relative to this file: in the sources, and in the build. */
const SCHEMA_FOLDERS = ['../../../schemas/', '../../../../schemas/'];

/** What a file is, and what schemas/<kind>.schema.json describes. */
type FileKind = 'catalogue' | 'screen';

const validators = new Map<FileKind, ValidateFunction>();

/** What the JSON Schema of its kind finds wrong with a parsed file, in words. Throws INTERNAL when the schema is missing. */
export function shapeProblems(parsed: unknown, kind: FileKind): Problem[] {
  const validate = validators.get(kind) ?? compileSchema(kind);
  validators.set(kind, validate);
  if (validate(parsed)) return [];
  // An error inside a name is told again by its `propertyNames`, which knows the name.
  // What an `if` finds is told by the errors of its `then`.
  const errors = (validate.errors ?? []).filter((error) => error.propertyName === undefined && error.keyword !== 'if');
  return errors.map((error) => problemOf(error, parsed, kind));
}

function compileSchema(kind: FileKind): ValidateFunction {
  const name = `${kind}.schema.json`;
  const place = SCHEMA_FOLDERS.map((folder) => new URL(`${folder}${name}`, import.meta.url)).find((url) =>
    existsSync(url),
  );
  if (place === undefined) throw new TaktError('INTERNAL', `schemas/${name} is missing: install takt again.`);
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
  });
  return ajv.compile(JSON.parse(readFileSync(place, 'utf8')) as object);
}

function problemOf(error: ErrorObject, parsed: unknown, kind: FileKind): Problem {
  const path = pathOf(error.instancePath, parsed);
  const { message, allowed, key } = describe(error, path.length === 0 ? `the ${kind}` : path.join('.'));
  return { path: key === null ? path : [...path, key], at: key === null ? 'value' : 'key', message, allowed };
}

interface Description {
  readonly message: string;
  readonly allowed: string | null;
  /** The key in the map at the error's path that is meant, if one is. */
  readonly key: string | null;
}

function describe(error: ErrorObject, here: string): Description {
  const params = error.params as Readonly<Record<string, unknown>>;
  const schema = (error.parentSchema ?? {}) as Readonly<Record<string, unknown>>;
  const form = typeof schema['description'] === 'string' ? schema['description'] : null;
  const value = (message: string, allowed: string | null): Description => ({ message, allowed, key: null });
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const legal = Object.keys((schema['properties'] ?? {}) as object);
      return { message: `unknown key '${key}' in ${here}${didYouMean(key, legal)}`, allowed: listed(legal), key };
    }
    case 'propertyNames': {
      const key = String(params['propertyName']);
      const names = schema['propertyNames'] as { readonly description?: string };
      return { message: `'${key}' is no legal name in ${here}`, allowed: names.description ?? null, key };
    }
    case 'required':
      return value(`${here} lacks '${String(params['missingProperty'])}'`, form);
    case 'type':
      return value(
        `${here} is ${kindOf(error.data)}`,
        `${typesOf(params['type'])}${form === null ? '' : ` (${form})`}`,
      );
    case 'const':
      return value(`${here} is ${shown(error.data)}`, shown(params['allowedValue']));
    case 'enum': {
      const legal = (params['allowedValues'] as readonly unknown[]).map(String);
      const hint = typeof error.data === 'string' ? didYouMean(error.data, legal) : '';
      return value(`${here} is ${shown(error.data)}${hint}`, listed(legal));
    }
    case 'pattern':
      return value(`${here} is ${shown(error.data)}`, form);
    case 'minimum':
    case 'maximum':
      return value(`${here} is ${shown(error.data)}`, `${String(schema['minimum'])} to ${String(schema['maximum'])}`);
    case 'uniqueItems': {
      const twice = (error.data as readonly unknown[])[Number(params['i'])];
      return value(`${here} names ${shown(twice)} twice`, 'each once');
    }
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return value(`${here} is empty`, form);
    case 'maxProperties':
      return value(`${here} has ${Object.keys(error.data as object).join(' and ')}`, form);
    default:
      return value(`${here} ${error.message ?? 'is wrong'}`, form);
  }
}

/** The keys of an instance path; what is a number in a list stays a name in a map. */
function pathOf(pointer: string, parsed: unknown): Path {
  const path: (string | number)[] = [];
  let at = parsed;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return path;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `the ${typeof value === 'string' ? 'text' : typeof value} ${shown(value)}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text (in quotes, if it looks like something else)',
  object: 'a map',
  array: 'a list',
  integer: 'a whole number',
  number: 'a number',
};

function typesOf(types: unknown): string {
  return [types]
    .flat()
    .map((type) => TYPES[String(type)] ?? String(type))
    .join(' or ');
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
