import type { Condition, Definition, Selector } from '../definition.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { comparisonSql } from './sql-decimal.ts';
import { quoted, textArray } from './sql-text.ts';

/**
 * What the SQL of a KPI knows of an event: a named tuple of its place in its case (`i`, from 1), its time, activity and
 * value, and for each dimension that the KPI reads what the case's events up to it have left (`d0`, `d1`, …, NULL where
 * none gave it). Of a last also the rank of its activity and its id, because it is compared with events of other cases.
 */
export class EventSql {
  /** Dimensions that the KPI reads, in the order of their fields. */
  readonly dimensions: readonly string[];
  /** Whether events are compared with those of other cases. */
  readonly ordered: boolean;

  constructor({ by, where, measure, aggregate }: Definition) {
    const names = new Set(by.map(({ dimension }) => dimension));
    if (measure.kind === 'state' && measure.of !== null) names.add(measure.of);
    noteDimensions([...where, ...conditionsIn(measure)], names);
    if (measure.kind === 'rework') for (const name of measure.same) names.add(name);
    if (measure.kind === 'distinct' && measure.dimension !== null) names.add(measure.dimension);
    this.dimensions = [...names];
    this.ordered = aggregate.kind === 'last';
  }

  /** Type of the tuple. */
  get type(): string {
    const fields = [
      'i UInt32',
      'time Int64',
      'activity String',
      'value Nullable(String)',
      ...(this.ordered ? ['rank UInt32', 'id String'] : []),
    ];
    return `Tuple(${[...fields, ...this.fields.map((field) => `${field} Nullable(String)`)].join(', ')})`;
  }

  /** Fields of the dimensions. */
  get fields(): readonly string[] {
    return this.dimensions.map((_, n) => `d${n}`);
  }

  /** SQL of where an event stands among those of all cases, by time, catalogue order of the activity, id and case. */
  order(event: string): string {
    return this.ordered ? `(${event}.time, ${event}.rank, ${event}.activity, ${event}.id, case_id)` : '0';
  }

  /** SQL of a dimension of the event that `event` stands for. */
  dimension(event: string, name: string): string {
    return `${event}.d${this.dimensions.indexOf(name)}`;
  }

  /** SQL of whether the event that `event` stands for is selected. Throws NotChecked. */
  selects(event: string, selector: Selector): string {
    onlyKeys(selector, ['activity', 'occurrence', 'where'], 'selector');
    const where = this.passes(event, selector.where);
    return selector.activity === 'any' ? where : `(${event}.activity = ${quoted(selector.activity)} AND ${where})`;
  }

  /** SQL of the events of `events` that a selector picks, an array. Throws NotChecked. */
  picked(selector: Selector): string {
    const all = `arrayFilter(e -> ${this.selects('e', selector)}, events)`;
    switch (selector.occurrence) {
      case 'each':
        return all;
      case 'first':
        return `arraySlice(${all}, 1, 1)`;
      case 'last':
        return `arraySlice(${all}, -1, 1)`;
      default:
        throw new NotChecked(`occurrence ${String(selector.occurrence)}`);
    }
  }

  /** SQL of whether the event that `event` stands for meets all conditions. Throws NotChecked. */
  passes(event: string, conditions: readonly Condition[]): string {
    if (conditions.length === 0) return '1';
    return `(${conditions.map((condition) => this.meets(event, condition)).join(' AND ')})`;
  }

  private meets(event: string, condition: Condition): string {
    switch (condition.op) {
      case 'in':
      case 'not-in': {
        const text = this.dimension(event, condition.dimension);
        const one = `(${text} IS NOT NULL AND has(${textArray(condition.values)}, assumeNotNull(${text})))`;
        return condition.op === 'in' ? one : `NOT ${one}`;
      }
      case 'prefix':
      case 'not-prefix': {
        const text = `ifNull(${this.dimension(event, condition.dimension)}, '')`;
        const begins = `(${this.dimension(event, condition.dimension)} IS NOT NULL AND startsWith(${text}, ${quoted(condition.prefix)}))`;
        return condition.op === 'prefix' ? begins : `NOT ${begins}`;
      }
      case 'any-of':
        return `(${condition.alternatives.map((one) => this.meets(event, one)).join(' OR ')})`;
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
      case 'eq':
      case 'ne':
        return comparisonSql(`${event}.value`, condition.op, condition.limit);
      default:
        throw new NotChecked(`condition ${String((condition as { readonly op: unknown }).op)}`);
    }
  }
}

function noteDimensions(conditions: readonly Condition[], names: Set<string>): void {
  for (const condition of conditions) {
    if ('dimension' in condition) names.add(condition.dimension);
    if (condition.op === 'any-of') noteDimensions(condition.alternatives, names);
  }
}

/** The conditions of a measure, wherever in it they stand. */
function conditionsIn(part: unknown): Condition[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('op' in part) return [part as Condition];
  return Object.values(part).flatMap(conditionsIn);
}
