import type { Workflow } from './catalogue.ts';
import { findCalendar } from './catalogue-calendar.ts';
import { readConversion } from './catalogue-conversion.ts';
import { readCounter } from './catalogue-counter.ts';
import { readDistinct } from './catalogue-distinct.ts';
import type { MeasureScope } from './catalogue-measure-scope.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { mapOf } from './catalogue-read.ts';
import { readRework } from './catalogue-rework.ts';
import { ANY, type Occurrence, readSelector } from './catalogue-selector.ts';
import { readSession } from './catalogue-session.ts';
import { readOpen } from './catalogue-open.ts';
import { readState } from './catalogue-state.ts';
import { readLimits } from './catalogue-within.ts';
import type { Measure, RatioPart, Selector } from '../definition.ts';

/** The measure of a KPI; null when there is a problem. */
export function readMeasure(value: unknown, path: Path, scope: MeasureScope): Measure | null {
  const { workflow, problems } = scope;
  const map = mapOf(value);
  if (map === null) return null;
  const select = (at: unknown, occurrence: Occurrence, ...steps: string[]): Selector | null =>
    readSelector(at, occurrence, [...path, ...steps], workflow, problems);
  if (map['event'] !== undefined) {
    const event = select(map['event'], 'each', 'event');
    return event && { kind: 'event', event };
  }
  const pair = mapOf(map['duration']);
  if (pair !== null) {
    const from = select(pair['from'], 'first', 'duration', 'from');
    const to = select(pair['to'], 'first', 'duration', 'to');
    if (pair['calendar'] === undefined) return from && to && { kind: 'duration', from, to };
    const calendar = findCalendar(pair['calendar'], [...path, 'duration', 'calendar'], scope.calendars, problems);
    return from && to && calendar && { kind: 'duration', from, to, hours: calendar.hours };
  }
  if (map['open'] !== undefined) return readOpen(map['open'], [...path, 'open'], scope);
  if (map['state'] !== undefined) return readState(map['state'], [...path, 'state'], scope);
  const within = mapOf(map['within']);
  if (within !== null) {
    const from = select(within['from'], 'first', 'within', 'from');
    const to = select(within['to'], 'first', 'within', 'to');
    const limits = readLimits(within['limit'], [...path, 'within', 'limit'], workflow, problems);
    if (within['calendar'] === undefined) return from && to && limits && { kind: 'within', from, to, limits };
    const calendar = findCalendar(within['calendar'], [...path, 'within', 'calendar'], scope.calendars, problems);
    return from && to && limits && calendar && { kind: 'within', from, to, limits, hours: calendar.hours };
  }
  if (map['rework'] !== undefined) return readRework(map['rework'], [...path, 'rework'], workflow, problems);
  if (map['conversion'] !== undefined)
    return readConversion(map['conversion'], [...path, 'conversion'], workflow, problems);
  if (map['counter'] !== undefined) return readCounter(map['counter'], [...path, 'counter'], workflow, problems);
  if (map['session'] !== undefined) return readSession(map['session'], [...path, 'session'], workflow, problems);
  const distinct = mapOf(map['distinct']);
  if (distinct !== null) {
    const event = select(distinct['event'] ?? ANY, 'each', 'distinct', 'event');
    return readDistinct(distinct, event, [...path, 'distinct'], workflow, problems);
  }
  const ratio = mapOf(map['ratio']);
  if (ratio === null) return null;
  const numerator = readPart(ratio['of'], [...path, 'ratio', 'of'], workflow, problems);
  const denominator = readPart(ratio['to'], [...path, 'ratio', 'to'], workflow, problems);
  return numerator && denominator && { kind: 'ratio', numerator, denominator };
}

/** Whether a measure asks how old what is open is, known even where its parts are wrong. */
export function isAge(value: unknown): boolean {
  return mapOf(mapOf(value)?.['open'])?.['of'] === 'age';
}

/** Whether a measure divides cases by cases, known even where its parts are wrong. */
export function isRate(value: unknown): boolean {
  const map = mapOf(value);
  return map?.['conversion'] !== undefined || mapOf(map?.['rework'])?.['count'] === 'rate';
}

/** Whether a measure gives lengths of time, known even where its parts are wrong. */
export function isTimeIn(value: unknown): boolean {
  const map = mapOf(value);
  const session = mapOf(map?.['session']);
  return map?.['duration'] !== undefined || (session !== null && session['of'] !== 'events');
}

function readPart(value: unknown, path: Path, workflow: Workflow, problems: Problems): RatioPart | null {
  const map = mapOf(value);
  if (map === null) return null;
  const event = readSelector(map['event'], 'each', [...path, 'event'], workflow, problems);
  const aggregate = map['aggregate'] ?? 'count';
  if (event === null || (aggregate !== 'count' && aggregate !== 'sum')) return null;
  return { event, aggregate };
}
