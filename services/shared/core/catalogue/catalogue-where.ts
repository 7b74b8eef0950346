import type { Condition } from '../definition.ts';
import { formatDecimal, parseDecimal } from '../decimal.ts';
import type { Workflow } from './catalogue.ts';
import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf, textsOf } from './catalogue-read.ts';

const COMPARISONS = ['lt', 'lte', 'gt', 'gte', 'eq', 'ne'] as const;
type Comparison = (typeof COMPARISONS)[number];
/** More digits than a number of YAML holds exactly. */
const NUMBER_DIGITS_MAX = 15;

/** The conditions of a `where`, none when it is absent; null when there is a problem. */
export function readWhere(value: unknown, path: Path, workflow: Workflow, problems: Problems): Condition[] | null {
  if (value === undefined) return [];
  const map = mapOf(value);
  if (map === null) return null;
  let sound = true;
  const conditions: Condition[] = [];
  for (const [name, wanted] of Object.entries(map)) {
    const here = [...path, name];
    const read =
      name === 'value'
        ? readComparisons(wanted, here, problems)
        : readDimension(name, wanted, here, workflow, problems);
    if (read === null) sound = false;
    else conditions.push(...read);
  }
  return sound ? conditions : null;
}

function readComparisons(value: unknown, path: Path, problems: Problems): Condition[] | null {
  const map = mapOf(value);
  if (map === null) return null;
  const conditions: Condition[] = [];
  let sound = true;
  for (const [op, limit] of Object.entries(map)) {
    const text = readLimit(limit, [...path, op], problems);
    const known = COMPARISONS.includes(op as Comparison);
    if (text === null || !known) sound = false;
    else conditions.push({ op: op as Comparison, field: 'value', limit: text });
  }
  return sound && conditions.length > 0 ? conditions : null;
}

/** A decimal as plain text; null when there is a problem. */
export function readLimit(value: unknown, path: Path, problems: Problems): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = String(value);
  const decimal = parseDecimal(text);
  if (decimal === null) return problems.add(path, `'${text}' is not a decimal number`, "such as 12, -0.5 or '1e3'");
  const plain = formatDecimal(decimal);
  if (typeof value === 'number' && plain.replace(/\D|^-?0\.0*/g, '').length > NUMBER_DIGITS_MAX) {
    return problems.add(path, `${text} has more digits than a number holds exactly`, `put it in quotes`);
  }
  return plain;
}

function readDimension(
  name: string,
  value: unknown,
  path: Path,
  workflow: Workflow,
  problems: Problems,
): Condition[] | null {
  const known = checkDimension(name, path, workflow, problems);
  const map = mapOf(value);
  const negated = map !== null;
  const listPath = negated ? [...path, 'not'] : path;
  const wanted = negated ? map['not'] : value;
  const single = textOf(wanted);
  const texts = single === null ? textsOf(wanted) : [single];
  if (texts === null || texts.length === 0) return null;
  const prefixes: string[] = [];
  const values: string[] = [];
  let sound = known;
  for (const text of texts) {
    const star = text.indexOf('*');
    if (star === -1) values.push(text);
    else if (star === text.length - 1) prefixes.push(text.slice(0, -1));
    else {
      problems.add(listPath, `'${text}' has a * before its end`, 'a * at the end, for every value that starts so');
      sound = false;
    }
  }
  if (!sound) return null;
  return negated ? excluding(name, values, prefixes) : [including(name, values, prefixes)];
}

/** Checks that the workflow has this dimension; `path` is its key's, or with `atKey` false its value's. */
export function checkDimension(
  name: string,
  path: Path,
  workflow: Workflow,
  problems: Problems,
  atKey = true,
): boolean {
  const { dimensions } = workflow;
  if (dimensions.includes(name)) return true;
  const message = `workflow '${workflow.name}' has no dimension '${name}'${didYouMean(name, dimensions)}`;
  if (atKey) problems.addAtKey(path, message, listed(dimensions));
  else problems.add(path, message, listed(dimensions));
  return false;
}

function including(dimension: string, values: string[], prefixes: string[]): Condition {
  const alternatives: Condition[] = values.length === 0 ? [] : [{ op: 'in', dimension, values }];
  alternatives.push(...prefixes.map((prefix) => ({ op: 'prefix', dimension, prefix }) as const));
  const [only] = alternatives;
  return alternatives.length === 1 && only !== undefined ? only : { op: 'any-of', alternatives };
}

/** None of them: each is a condition of its own. */
function excluding(dimension: string, values: string[], prefixes: string[]): Condition[] {
  const conditions: Condition[] = values.length === 0 ? [] : [{ op: 'not-in', dimension, values }];
  conditions.push(...prefixes.map((prefix) => ({ op: 'not-prefix', dimension, prefix }) as const));
  return conditions;
}
