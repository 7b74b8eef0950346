import { TaktError } from '../../shared/core/errors.ts';
import type { JsonMapping } from '../../shared/core/ingest/json-mapping.ts';
import { readJsonMapping } from '../../shared/core/ingest/json-mapping-read.ts';
import { type CompiledMapping, compileMapping } from '../../shared/core/ingest/mapping-compile.ts';
import type { Mapping } from '../../shared/core/ingest/mapping.ts';
import { readMapping } from '../../shared/core/ingest/mapping-read.ts';
import type { LetterCells } from '../../shared/core/messages.ts';
import { uniqueHeaders } from '../../shared/core/ingest/row-identity.ts';

/** Headers of files whose bound mapping is kept; above it they are bound again. */
const HEADERS_MAX = 100;

/** The mapping that dead letters are to be read with: of rows, which has `events`, or of JSON. */
export class GivenMapping {
  readonly json: JsonMapping | null;
  private readonly rows: Mapping | null;
  private readonly bound = new Map<string, CompiledMapping | TaktError>();

  /** Throws MAPPING_INVALID. */
  constructor(source: unknown) {
    if (!isOfRows(source)) {
      this.json = readJsonMapping(source);
      this.rows = null;
      return;
    }
    const { mapping, problems } = readMapping(source);
    if (mapping === null) throw invalid(problems[0]!.message, problems[0]!.allowed);
    this.json = null;
    this.rows = mapping;
  }

  /** Bound to the columns of a row. Throws MAPPING_INVALID where it does not fit them. */
  forRow({ kind, headers }: LetterCells): CompiledMapping {
    if (this.rows === null)
      throw invalid('it is of JSON, and this is a row of a file', 'a mapping of takt import, with events');
    const key = JSON.stringify([kind, headers]);
    let bound = this.bound.get(key);
    if (bound === undefined) {
      if (this.bound.size >= HEADERS_MAX) this.bound.clear();
      bound = bind(this.rows, kind, headers);
      this.bound.set(key, bound);
    }
    if (bound instanceof TaktError) throw bound;
    return bound;
  }
}

/** Whether a mapping as its file has it is of the rows of a file. */
function isOfRows(source: unknown): boolean {
  return typeof source === 'object' && source !== null && 'events' in source;
}

function bind(mapping: Mapping, kind: LetterCells['kind'], headers: readonly string[]): CompiledMapping | TaktError {
  const { compiled, problems } = compileMapping(mapping, uniqueHeaders(headers), null, kind === 'csv' ? 'UTC' : null);
  return compiled ?? invalid(problems[0]!.message, problems[0]!.allowed);
}

function invalid(message: string, allowed: string | null): TaktError {
  return new TaktError('MAPPING_INVALID', `the mapping: ${message}${allowed === null ? '' : `; allowed: ${allowed}`}.`);
}
