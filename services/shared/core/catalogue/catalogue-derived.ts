import type { Kpi } from './catalogue.ts';
import { definitionHash } from './catalogue-hash.ts';
import { readName, readTexts } from './catalogue-kpi.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf, textsOf } from './catalogue-read.ts';
import type { Definition, LabelSpec } from '../definition.ts';
import { workflowsOf } from '../formula/derived.ts';
import { compileFormula } from '../formula/formula.ts';
import { FORMULA_FORM, type FormulaName, oneLine, parseFormula, type ParsedFormula } from '../formula/formula-parse.ts';

/** What a derived KPI is read against. */
export interface DerivedScope {
  /** Keys of all KPIs of the catalogue, those with problems too. */
  readonly keys: readonly string[];
  /** A KPI; null: it has a problem of its own, which is told elsewhere. */
  kpiOf(key: string): Kpi | null;
  readonly calendarVersion: string;
  readonly problems: Problems;
}

/** What a derived KPI takes from the KPIs it uses. */
const TAKEN = ['workflow', 'aggregate', 'where', 'window', 'scale', 'settle'] as const;

/** The formula of a KPI, with its place relative to the KPI; null: it is computed from events. */
export function formulaIn(value: unknown): { readonly text: unknown; readonly path: Path } | null {
  const map = mapOf(value);
  if (map?.['formula'] !== undefined) return { text: map['formula'], path: ['formula'] };
  const measure = mapOf(map?.['measure']);
  return measure?.['formula'] === undefined ? null : { text: measure['formula'], path: ['measure', 'formula'] };
}

/** Keys of the KPIs that a formula names; none where its syntax is wrong. */
export function namesIn(value: unknown): readonly string[] {
  const text = textOf(formulaIn(value)?.text);
  const parsed = text === null ? null : parseFormula(text);
  return parsed === null || 'problem' in parsed ? [] : parsed.names.map(({ name }) => name);
}

/** A KPI that is computed from others; null when there is a problem, here or in what it uses. */
export function readDerived(key: string, value: unknown, path: Path, scope: DerivedScope): Kpi | null {
  const { problems } = scope;
  const map = mapOf(value);
  const place = formulaIn(value);
  const text = textOf(place?.text);
  if (map === null || place === null || text === null) return null;
  for (const field of TAKEN)
    if (map[field] !== undefined)
      problems.addAtKey([...path, field], `a formula takes its ${field} from the KPIs it uses`, 'leave the line out');
  if (map['formula'] !== undefined && map['measure'] !== undefined)
    problems.addAtKey([...path, 'measure'], 'formula and measure stand together', 'one of them');
  const at = [...path, ...place.path];
  const parsed = parseFormula(text);
  if ('problem' in parsed) return tell(parsed.problem, at, problems);
  const inputs = findInputs(parsed.names, at, scope);
  if (inputs === null || !areAlike(inputs, at, problems)) return null;
  const by = readBy(map['by'], [...path, 'by'], inputs, problems);
  const unit = unitOf(map, parsed, inputs, at, problems);
  const name = readName(map['name'], key);
  if (by === null || unit === null || name === null) return null;
  const fields = fieldsOf(key, oneLine(text), inputs, by, unit);
  return { definition: { ...fields, hash: definitionHash(fields, scope.calendarVersion) }, name, ...readTexts(map) };
}

function fieldsOf(
  kpi: string,
  expression: string,
  inputs: readonly Definition[],
  by: readonly LabelSpec[],
  unit: string,
): Omit<Definition, 'hash'> {
  const [first] = inputs;
  return {
    kpi,
    workflow: first!.workflow,
    workflows: [...new Set(inputs.flatMap(workflowsOf))],
    activities: [],
    measure: { kind: 'formula', expression, inputs },
    aggregate: { kind: 'derived' },
    by,
    where: [],
    window: first!.window,
    scale: 0,
    unit,
    settleMs: Math.max(...inputs.map(({ settleMs }) => settleMs)),
  };
}

function tell(
  { at, message }: { readonly at: number; readonly message: string },
  path: Path,
  problems: Problems,
): null {
  return problems.add(path, `${message} (character ${at})`, FORMULA_FORM);
}

function findInputs(names: readonly FormulaName[], path: Path, scope: DerivedScope): Definition[] | null {
  const { keys, problems } = scope;
  if (names.length === 0) return problems.add(path, 'the formula uses no KPI', FORMULA_FORM);
  const inputs: Definition[] = [];
  for (const { name, at } of names) {
    if (!keys.includes(name)) {
      problems.add(path, `unknown KPI '${name}' (character ${at})${didYouMean(name, keys)}`, listed(keys));
      continue;
    }
    const kpi = scope.kpiOf(name);
    if (kpi !== null) inputs.push(kpi.definition);
  }
  return inputs.length === names.length ? inputs : null;
}

/** Whether the KPIs have the same labels, and all of them windows that end, or none. */
function areAlike(inputs: readonly Definition[], path: Path, problems: Problems): boolean {
  const [first] = inputs;
  for (const input of inputs) {
    if (labelsText(input) !== labelsText(first!)) {
      const labels = [first!, input].map((each) => `${each.kpi} has ${labelsText(each)}`).join(', ');
      problems.add(path, `the KPIs have unlike labels: ${labels}`, 'KPIs with the same `by`');
      return false;
    }
    if ((input.window.kind === 'total') !== (first!.window.kind === 'total')) {
      const [total, other] = input.window.kind === 'total' ? [input, first!] : [first!, input];
      const message = `${total.kpi} is over everything and ${other.kpi} is not: there is no window that both have`;
      problems.add(path, message, 'KPIs over everything alone, or none of them');
      return false;
    }
  }
  return true;
}

function labelsText({ by }: Definition): string {
  const names = by.map(({ dimension }) => dimension).sort();
  return names.length === 0 ? 'no labels' : `the labels ${names.join(', ')}`;
}

/** The labels are those of the inputs; where `by` is written, it must say so. */
function readBy(value: unknown, path: Path, inputs: readonly Definition[], problems: Problems): LabelSpec[] | null {
  const [first] = inputs;
  const by = first!.by.map(({ dimension }) => ({ dimension, at: 'to' as const }));
  if (value === undefined) return by;
  const written = textsOf(value);
  const allowed = by.map(({ dimension }) => dimension);
  if (written !== null && [...written].sort().join() === [...allowed].sort().join()) return by;
  const said = written === null ? 'by says more than names of labels' : `by is [${written.join(', ')}]`;
  return problems.add(path, `${said}, but ${first!.kpi} has ${labelsText(first!)}`, `[${allowed.join(', ')}]`);
}

/** The unit that is written, else what the formula comes to; null when there is a problem. */
function unitOf(
  map: Readonly<Record<string, unknown>>,
  parsed: ParsedFormula,
  inputs: readonly Definition[],
  path: Path,
  problems: Problems,
): string | null {
  const units = new Map(inputs.map(({ kpi, unit }) => [kpi, unit]));
  const formula = compileFormula(parsed, (name) => units.get(name) ?? '');
  if ('problems' in formula) {
    for (const problem of formula.problems) tell(problem, path, problems);
    return null;
  }
  return map['unit'] === undefined ? (formula.unit ?? '') : textOf(map['unit']);
}
