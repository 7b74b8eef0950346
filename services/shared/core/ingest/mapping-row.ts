import { ANY } from '../catalogue/catalogue-selector.ts';
import { parseDecimal, type Decimal } from '../decimal.ts';
import type { ErrorCode } from '../errors.ts';
import { CORRECT, VOID, type WorkflowEvent } from '../event.ts';
import { decimalFits } from '../formula/expression.ts';
import { JOINED_BY } from './mapping.ts';
import type { ActivityCell, Cell, CompiledEvent, CompiledMapping } from './mapping-compile.ts';
import { compositeKey, rowEventId } from './row-identity.ts';
import { Refusal, refuse, shown } from './row-refusal.ts';

/** Event times that are taken: 1900-01-01 up to 2286-11-20, milliseconds UTC. */
export const EVENT_TIME_MIN_MS = -2_208_988_800_000;
export const EVENT_TIME_MAX_MS = 9_999_999_999_998;

/** What the rows of one import have in common. */
export interface RowContext {
  readonly importId: string | null;
  /** Time of rows that have none, milliseconds UTC; null: such a row is a failure. */
  readonly asOfMs: number | null;
}

export interface RowFailure {
  readonly code: ErrorCode;
  readonly reason: string;
}

/**
 * What a row became. A row with one bad cell gives no event at all, so that it can be mended and imported again; one that
 * the mapping's `where` leaves out gives none either.
 */
export type MappedRow = { readonly events: WorkflowEvent[] } | { readonly failure: RowFailure };

/**
 * Maps one row, whose cells are as many as the mapping's headers. `identity` is asked only for a row that maps, so
 * that a failed row takes no ordinal: it gives the row's hash and its ordinal among equal rows of the file, from 1.
 */
export function mapRow(
  mapping: CompiledMapping,
  cells: readonly string[],
  context: RowContext,
  identity: () => { readonly hash: string; readonly ordinal: number },
): MappedRow {
  if (!mapping.where.every(({ index, texts }) => texts.has(cells[index]!))) return { events: [] };
  try {
    const caseId = caseOf(mapping, cells);
    const dimensions = dimensionsOf(mapping, cells);
    const drafts = mapping.events
      .map((event, i) => draftOf(event, i + 1, cells, context.asOfMs))
      .filter((draft) => draft !== null);
    if (drafts.length === 0) refuse('no event: every time cell of the row is empty; allowed: at least one time');
    const { hash, ordinal } = identity();
    const several = mapping.events.length > 1;
    const { importId } = context;
    const events = drafts.map(({ number, activity, timeMs, value }): WorkflowEvent => {
      const id = rowEventId(hash, ordinal, several ? number : null);
      const { workflow } = mapping;
      return { workflow, caseId, id, kind: 'event', activity, timeMs, dimensions, value, target: null, importId };
    });
    return { events };
  } catch (error) {
    if (error instanceof Refusal) return { failure: { code: error.code, reason: error.message } };
    throw error;
  }
}

function caseOf(mapping: CompiledMapping, cells: readonly string[]): string {
  const parts = mapping.case.map((cell) => textOf(cell, cells));
  if (mapping.case.every((cell, i) => 'text' in cell || parts[i] === '')) {
    const columns = mapping.case.flatMap((cell) => ('column' in cell ? [`'${cell.column}'`] : []));
    refuse(`no case id: ${columns.join(', ')} is empty`);
  }
  return parts.length === 1 ? parts[0]! : compositeKey(parts);
}

function dimensionsOf(mapping: CompiledMapping, cells: readonly string[]): Record<string, string> {
  const dimensions: Record<string, string> = {};
  for (const [name, cell] of mapping.dimensions) {
    const text = textOf(cell, cells);
    if (text !== '') dimensions[name] = text;
  }
  return dimensions;
}

interface Draft {
  readonly number: number;
  readonly activity: string;
  readonly timeMs: number;
  readonly value: Decimal | null;
}

function draftOf(event: CompiledEvent, number: number, cells: readonly string[], asOfMs: number | null): Draft | null {
  const timeText = event.time === null ? '' : cells[event.time.index]!.trim();
  if (timeText === '' && event.when === 'present') return null;
  const timeMs = timeOf(event, timeText, asOfMs);
  const activity = activityOf(event.activity, cells);
  if (activity === CORRECT || activity === VOID || activity === ANY) {
    refuse(`the activity '${activity}' is reserved; allowed: any other name`);
  }
  return { number, activity, timeMs, value: valueOf(event, cells) };
}

function activityOf(cell: ActivityCell, cells: readonly string[]): string {
  const [first, ...others] = 'joined' in cell ? cell.joined : [cell];
  const text = textOf(first!, cells);
  if (text === '') refuse(`no activity: '${'column' in first! ? first.column : ''}' is empty`);
  const later = others.map((other) => textOf(other, cells)).filter((part) => part !== '');
  return [text, ...later].join(JOINED_BY);
}

function timeOf({ time }: CompiledEvent, text: string, asOfMs: number | null): number {
  if (time === null || text === '') {
    if (asOfMs !== null) return asOfMs;
    return refuse(
      `no time: '${time === null ? '' : time.column}' is empty; give --as-of, or 'when: present' to skip the event`,
    );
  }
  const timeMs = time.read(text);
  if (timeMs === null) {
    if (time.lacksZone(text)) {
      const what = `'${time.column}' has no time zone: ${shown(text)}`;
      refuse(`${what}; allowed: with an offset such as +01:00, or give --zone such as Europe/Rome`, 'ZONE_MISSING');
    }
    const zone = time.zone === null ? 'with an offset such as +01:00' : `zone ${time.zone}`;
    return refuse(`'${time.column}' is no date: ${shown(text)}; allowed: ${time.formats.join(' or ')} (${zone})`);
  }
  if (timeMs < EVENT_TIME_MIN_MS || timeMs > EVENT_TIME_MAX_MS) {
    return refuse(`'${time.column}' is out of range: ${shown(text)}; allowed: 1900-01-01 to 2286-11-20`);
  }
  return timeMs;
}

/** An event has no value when a column of its expression is empty. */
function valueOf({ value }: CompiledEvent, cells: readonly string[]): Decimal | null {
  if (value === null) return null;
  const decimals = new Map<string, Decimal>();
  for (const [column, index] of value.indexes) {
    const text = cells[index]!.trim();
    if (text === '') return null;
    const decimal = parseDecimal(text);
    if (decimal === null) {
      return refuse(
        `'${column}' is no decimal: ${shown(text)}; allowed: such as -12.50, with a point, at most 76 digits`,
      );
    }
    decimals.set(column, decimal);
  }
  const result = value.expression.evaluate((column) => decimals.get(column)!);
  return decimalFits(result) ? result : refuse('the value has more than 76 digits');
}

function textOf(cell: Cell, cells: readonly string[]): string {
  return 'text' in cell ? cell.text : cells[cell.index]!;
}
