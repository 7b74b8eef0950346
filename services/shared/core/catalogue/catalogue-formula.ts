import type { Kpi } from './catalogue.ts';
import {
  type DerivedScope,
  derivedFields,
  derivedKpi,
  findInput,
  labelsText,
  readDerivedBy,
  refuseTaken,
} from './catalogue-inputs.ts';
import { readName } from './catalogue-kpi.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { textOf } from './catalogue-read.ts';
import type { Definition } from '../definition.ts';
import { compileFormula } from '../formula/formula.ts';
import { FORMULA_FORM, type FormulaName, oneLine, parseFormula, type ParsedFormula } from '../formula/formula-parse.ts';

/** A KPI that a formula computes; `at`: where the formula stands. Null when there is a problem, here or in what it uses. */
export function readFormula(
  key: string,
  map: Readonly<Record<string, unknown>>,
  text: string,
  path: Path,
  at: Path,
  scope: DerivedScope,
): Kpi | null {
  const { problems } = scope;
  refuseTaken(map, path, 'a formula', problems);
  if (map['formula'] !== undefined && map['measure'] !== undefined)
    problems.addAtKey([...path, 'measure'], 'formula and measure stand together', 'one of them');
  const parsed = parseFormula(text);
  if ('problem' in parsed) return tell(parsed.problem, at, problems);
  const inputs = findInputs(parsed.names, at, scope);
  if (inputs === null || !areAlike(inputs, at, problems)) return null;
  const by = readDerivedBy(map['by'], [...path, 'by'], inputs, problems);
  const unit = unitOf(map, parsed, inputs, at, problems);
  const name = readName(map['name'], key);
  if (by === null || unit === null || name === null) return null;
  const measure = { kind: 'formula' as const, expression: oneLine(text), inputs };
  const fields = derivedFields(key, { measure, by, unit, window: inputs[0]!.window });
  return derivedKpi(fields, map, name, path, scope);
}

function tell(
  { at, message }: { readonly at: number; readonly message: string },
  path: Path,
  problems: Problems,
): null {
  return problems.add(path, `${message} (character ${at})`, FORMULA_FORM);
}

function findInputs(names: readonly FormulaName[], path: Path, scope: DerivedScope): Definition[] | null {
  if (names.length === 0) return scope.problems.add(path, 'the formula uses no KPI', FORMULA_FORM);
  const inputs = names.flatMap(({ name, at }) => findInput(name, path, scope, ` (character ${at})`) ?? []);
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
