import type { Calendar } from '../calendar/calendar.ts';
import type { Kpi, Workflow } from './catalogue.ts';
import { readAggregate } from './catalogue-aggregate.ts';
import { distinctAggregate } from './catalogue-distinct.ts';
import { readDuration } from './catalogue-duration.ts';
import { readEffective } from './catalogue-effective.ts';
import { definitionHash } from './catalogue-hash.ts';
import { readBy } from './catalogue-by.ts';
import { readGoals } from './catalogue-goal.ts';
import { isAge, isRate, isTimeIn, readMeasure } from './catalogue-measure.ts';
import { type NamedFile, readPlan } from './catalogue-plan.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, numberOf, textOf } from './catalogue-read.ts';
import { checkShare } from './catalogue-state.ts';
import { readWhere } from './catalogue-where.ts';
import { readWindow } from './catalogue-window.ts';
import type { Aggregate, LabelSpec, Measure, WindowSpec } from '../definition.ts';

/** Digits behind the point that sums keep when the catalogue does not say. */
const SCALE_DEFAULT = 6;
/** Label sets that a KPI may have when the catalogue does not say. */
const SERIES_MAX_DEFAULT = 1_000;
const MEASURES = [
  'event',
  'duration',
  'open',
  'within',
  'ratio',
  'rework',
  'conversion',
  'counter',
  'session',
  'distinct',
  'state',
] as const satisfies readonly Measure['kind'][];
/** What a duration's value may be shown in. */
const TIME_UNITS: readonly string[] = ['ms', 's', 'min', 'h', 'd'];

/** What a KPI is read against. */
export interface KpiScope {
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly calendars: ReadonlyMap<string, Calendar>;
  /** Zone of tumbling windows that name none. */
  readonly zone: string;
  /** Version of the time-zone data. */
  readonly calendarVersion: string;
  /** The files of plans, by their names in the catalogue. */
  readonly plans: ReadonlyMap<string, NamedFile>;
  readonly problems: Problems;
}

/** A KPI of the catalogue; null when there is a problem or a part of the wrong shape. */
export function readKpi(key: string, value: unknown, path: Path, scope: KpiScope): Kpi | null {
  const { problems } = scope;
  const map = mapOf(value);
  if (map === null) return null;
  const workflow = findWorkflow(map['workflow'], path, scope);
  if (workflow === null) return null;
  const kind = measureKind(map['measure']);
  if (kind === null) return null;
  const measure = readMeasure(map['measure'], [...path, 'measure'], { ...scope, workflow });
  const aggregate =
    kind === 'distinct'
      ? distinctAggregate(map, path, problems)
      : readAggregate(map['aggregate'], path, aggregatedAs(map['measure'], kind), problems);
  const by = readBy(map['by'], [...path, 'by'], kind, workflow, problems);
  const where = readWhere(map['where'], [...path, 'where'], workflow, problems);
  if (map['window'] === undefined && kind !== 'open') problems.addAtKey(path, 'window is missing');
  // What holds until the next event has the windows of a state.
  const windowed = aggregate?.kind === 'integral' ? 'state' : kind;
  const window = readWindow(map['window'], [...path, 'window'], windowed, scope);
  const unit = readUnit(map['unit'], [...path, 'unit'], isTimeIn(map['measure']), aggregate, problems);
  const scale = map['scale'] === undefined ? SCALE_DEFAULT : numberOf(map['scale']);
  const settleByDefault = { defaultMs: settlesAfterMs(measure), leastMs: 0 };
  const settleMs = readDuration(map['settle'], [...path, 'settle'], problems, settleByDefault);
  const effectiveMs = readEffective(map['effective'], [...path, 'effective'], window, scope);
  const name = readName(map['name'], key);
  if (measure === null || aggregate === null || by === null || where === null || window === null) return null;
  if (unit === null || scale === null || settleMs === null || name === null) return null;
  if (map['effective'] !== undefined && effectiveMs === null) return null;
  if (!isMeasurable(measure, aggregate, by, path, problems)) return null;
  if (!outlivesEvents(aggregate, window, workflow, path, problems)) return null;
  const fields = {
    kpi: key,
    workflow: workflow.name,
    activities: workflow.activities,
    measure,
    aggregate,
    by,
    where,
    window,
    scale,
    unit,
    settleMs,
    ...(effectiveMs === null ? {} : { effectiveMs }),
  };
  return {
    definition: { ...fields, hash: definitionHash(fields, scope.calendarVersion) },
    name,
    ...readTexts(map),
    ...readGoals(map, path, fields, scope),
    plan: readPlan(map, path, fields, scope),
    seriesMax: numberOf(map['series_max']) ?? SERIES_MAX_DEFAULT,
  };
}

/** What its aggregate is read as. */
function aggregatedAs(measure: unknown, kind: Measure['kind']): Measure['kind'] | 'rate' | 'age' {
  if (isAge(measure)) return 'age';
  return isRate(measure) ? 'rate' : kind;
}

/** Whether the parts of a KPI, each right in itself, say something together. */
function isMeasurable(
  measure: Measure,
  aggregate: Aggregate,
  by: readonly LabelSpec[],
  path: Path,
  problems: Problems,
): boolean {
  if (aggregate.kind !== 'integral') return true;
  if (measure.kind === 'state') return aggregate.of !== 'share' || checkShare(measure, by, path, problems);
  if (measure.kind !== 'event' || measure.event.occurrence === 'each') return true;
  const message = `a reading holds until the next one, and the ${measure.event.occurrence} one of a case is one only`;
  problems.add([...path, 'measure', 'event'], message, 'an activity, or { each: …, where: … }');
  return false;
}

/** Whether a KPI can do without the events that its workflow no longer keeps. */
function outlivesEvents(
  aggregate: Aggregate,
  window: WindowSpec,
  workflow: Workflow,
  path: Path,
  problems: Problems,
): boolean {
  const needsAll = aggregate.kind === 'min' || aggregate.kind === 'max' || aggregate.kind === 'last';
  if (workflow.retentionMs === null || window.kind !== 'total' || !needsAll) return true;
  const message = `${aggregate.kind} over everything needs all events, and workflow '${workflow.name}' keeps them for its retention only`;
  problems.add([...path, 'window'], message, 'a window with an end, or a workflow without retention');
  return false;
}

/** What a KPI says for people, beside its name. */
export function readTexts(
  map: Readonly<Record<string, unknown>>,
): Omit<Kpi, 'definition' | 'name' | 'target' | 'baseline' | 'plan' | 'seriesMax'> {
  return {
    objective: textOf(map['objective']),
    description: textOf(map['description']),
    source: textOf(map['source']),
    owner: textOf(map['owner']),
    review: textOf(map['review']),
    better: map['better'] === 'higher' || map['better'] === 'lower' ? map['better'] : null,
  };
}

function findWorkflow(value: unknown, path: Path, scope: KpiScope): Workflow | null {
  const name = textOf(value);
  if (name === null) return null;
  const workflow = scope.workflows.get(name);
  if (workflow !== undefined) return workflow;
  const names = [...scope.workflows.keys()];
  const message = `unknown workflow '${name}'${didYouMean(name, names)}`;
  return scope.problems.add([...path, 'workflow'], message, listed(names));
}

/** Which measure is meant, known even where its parts are wrong. */
function measureKind(value: unknown): Measure['kind'] | null {
  const map = mapOf(value);
  if (map === null) return null;
  const kinds = MEASURES.filter((kind) => map[kind] !== undefined);
  return kinds.length === 1 ? (kinds[0] ?? null) : null;
}

/** A window of a cohort is complete once the last of its cases has had its time, one of sessions once none can go on. */
function settlesAfterMs(measure: Measure | null): number {
  if (measure?.kind === 'session') return measure.gapMs;
  return measure?.kind === 'conversion' && measure.count === 'cohort' ? (measure.withinMs ?? 0) : 0;
}

function readUnit(
  value: unknown,
  path: Path,
  ofTime: boolean,
  aggregate: Aggregate | null,
  problems: Problems,
): string | null {
  const isTime =
    (ofTime && aggregate?.kind !== 'count') ||
    aggregate?.kind === 'age' ||
    (aggregate?.kind === 'integral' && aggregate.of === 'time');
  if (value === undefined) return isTime ? 's' : '';
  const unit = textOf(value);
  if (unit === null || !isTime || aggregate === null || TIME_UNITS.includes(unit)) return unit;
  return problems.add(
    path,
    `a length of time cannot be shown in '${unit}'${didYouMean(unit, TIME_UNITS)}`,
    listed(TIME_UNITS),
  );
}

/** The name of a KPI by language, its key where it has none; null for another shape. */
export function readName(value: unknown, key: string): Readonly<Record<string, string>> | null {
  if (value === undefined) return { en: key };
  const plain = textOf(value);
  if (plain !== null) return { en: plain };
  const map = mapOf(value);
  if (map === null) return null;
  const entries = Object.entries(map).map(([language, text]) => [language, textOf(text)] as const);
  if (entries.length === 0 || entries.some(([, text]) => text === null)) return null;
  return Object.fromEntries(entries as [string, string][]);
}
