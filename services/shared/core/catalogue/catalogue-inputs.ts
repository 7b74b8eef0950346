import type { Kpi } from './catalogue.ts';
import { readGoals } from './catalogue-goal.ts';
import { definitionHash } from './catalogue-hash.ts';
import { type KpiScope, readTexts } from './catalogue-kpi.ts';
import { readPlan } from './catalogue-plan.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { textsOf } from './catalogue-read.ts';
import type { Definition, DerivedMeasure, LabelSpec, WindowSpec } from '../definition.ts';
import { workflowsOf } from '../formula/derived.ts';
import { firstBegin } from '../window/effective.ts';

/** What a derived KPI is read against. */
export interface DerivedScope extends Omit<KpiScope, 'workflows'> {
  /** Keys of all KPIs of the catalogue, those with problems too. */
  readonly keys: readonly string[];
  /** A KPI; null: it has a problem of its own, which is told elsewhere. */
  kpiOf(key: string): Kpi | null;
}

/** What a derived KPI takes from the KPIs it uses. */
const TAKEN = ['workflow', 'aggregate', 'where', 'window', 'scale', 'settle', 'series_max', 'effective'] as const;

/** Tells of what a derived KPI says, and takes from the KPIs it uses; `what`: such as `a formula`. */
export function refuseTaken(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  what: string,
  problems: Problems,
  own: readonly string[] = [],
): void {
  for (const field of TAKEN)
    if (map[field] !== undefined && !own.includes(field))
      problems.addAtKey([...path, field], `${what} takes its ${field} from the KPIs it uses`, 'leave the line out');
}

/** The KPI of a key; null when there is none, or it has a problem of its own. `where`: such as ` (character 4)`. */
export function findInput(name: string, path: Path, scope: DerivedScope, where = ''): Definition | null {
  const { keys, problems } = scope;
  if (!keys.includes(name))
    return problems.add(path, `unknown KPI '${name}'${where}${didYouMean(name, keys)}`, listed(keys));
  return scope.kpiOf(name)?.definition ?? null;
}

/** What is the same for all derived KPIs. */
export function derivedFields(
  kpi: string,
  {
    measure,
    by,
    unit,
    window,
  }: {
    readonly measure: DerivedMeasure;
    readonly by: readonly LabelSpec[];
    readonly unit: string;
    readonly window: WindowSpec;
  },
): Omit<Definition, 'hash'> {
  const { inputs } = measure;
  const effectiveMs = Math.max(...inputs.map((input) => input.effectiveMs ?? -Infinity));
  return {
    kpi,
    workflow: inputs[0]!.workflow,
    workflows: [...new Set(inputs.flatMap(workflowsOf))],
    activities: [],
    measure,
    aggregate: { kind: 'derived' },
    by,
    where: [],
    window,
    scale: 0,
    unit,
    settleMs: Math.max(...inputs.map(({ settleMs }) => settleMs)),
    ...(effectiveMs === -Infinity ? {} : { effectiveMs: firstBegin(window, effectiveMs) }),
  };
}

/** The KPI of these fields, with what it says for people. */
export function derivedKpi(
  fields: Omit<Definition, 'hash'>,
  map: Readonly<Record<string, unknown>>,
  name: Kpi['name'],
  path: Path,
  scope: DerivedScope,
): Kpi {
  const definition = { ...fields, hash: definitionHash(fields, scope.calendarVersion) };
  const goals = { ...readGoals(map, path, fields, scope), plan: readPlan(map, path, fields, scope) };
  return { definition, name, ...readTexts(map), ...goals, seriesMax: null };
}

/** The labels of a KPI, for messages. */
export function labelsText({ by }: Definition): string {
  const names = by.map(({ dimension }) => dimension).sort();
  return names.length === 0 ? 'no labels' : `the labels ${names.join(', ')}`;
}

/** The labels are those of the inputs; where `by` is written, it must say so. */
export function readDerivedBy(
  value: unknown,
  path: Path,
  inputs: readonly Definition[],
  problems: Problems,
): LabelSpec[] | null {
  const [first] = inputs;
  const by = first!.by.map(({ dimension }) => ({ dimension, at: 'to' as const }));
  if (value === undefined) return by;
  const written = textsOf(value);
  const allowed = by.map(({ dimension }) => dimension);
  if (written !== null && [...written].sort().join() === [...allowed].sort().join()) return by;
  const said = written === null ? 'by says more than names of labels' : `by is [${written.join(', ')}]`;
  return problems.add(path, `${said}, but ${first!.kpi} has ${labelsText(first!)}`, `[${allowed.join(', ')}]`);
}
