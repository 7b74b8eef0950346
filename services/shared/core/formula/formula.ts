import { type FormulaNode, type FormulaProblem, partText, parseFormula, type ParsedFormula } from './formula-parse.ts';

/** What a formula comes to: a number, or why there is none. */
export type FormulaResult =
  | { readonly value: number; readonly why: null }
  | { readonly value: null; readonly why: string };

/** A formula that can be computed. */
export interface Formula {
  /** In what its result is; null: in what nobody knows, as of a quotient. */
  readonly unit: string | null;
  /** Its value; `valueOf` gives that of a name, null where there is none. What is not needed is not asked for. */
  evaluate(valueOf: (name: string) => number | null): FormulaResult;
}

type ValueOf = (name: string) => number | null;
type Run<T> = (valueOf: ValueOf) => T;

type Compiled =
  | { readonly type: 'number'; readonly unit: string | null; readonly run: Run<number> }
  | { readonly type: 'truth'; readonly run: Run<boolean> };
type Numeric = Extract<Compiled, { readonly type: 'number' }>;

/** Ends a computation without a value. */
class NoValue extends Error {}

/**
 * Makes a formula of its syntax tree, or tells what is wrong with it. All numbers are doubles, `1` as well as `1.0`: CEL's
 * integers would make `1 / 2` zero and `2 * kpi` an error. `unitOf`: the unit of a name that is known, empty for none.
 */
export function compileFormula(
  { root }: ParsedFormula,
  unitOf: (name: string) => string,
): Formula | { readonly problems: readonly FormulaProblem[] } {
  const problems: FormulaProblem[] = [];
  const compiled = new Compiler(unitOf, problems).number(root);
  if (compiled === null || problems.length > 0) return { problems };
  return {
    unit: compiled.unit,
    evaluate(valueOf) {
      try {
        const value = compiled.run(valueOf);
        return Number.isFinite(value) ? { value, why: null } : { value: null, why: 'the result is too large' };
      } catch (error) {
        if (error instanceof NoValue) return { value: null, why: error.message };
        throw error;
      }
    },
  };
}

/** The formula of a definition, which was checked when the catalogue was read. Throws where it is none. */
export function formulaOf(expression: string, unitOf: (name: string) => string): Formula {
  const parsed = parseFormula(expression);
  const formula = 'problem' in parsed ? { problems: [parsed.problem] } : compileFormula(parsed, unitOf);
  if ('problems' in formula) throw new Error(`${expression}: ${formula.problems[0]?.message ?? 'no formula'}`);
  return formula;
}

class Compiler {
  private readonly unitOf: (name: string) => string;
  private readonly problems: FormulaProblem[];

  constructor(unitOf: (name: string) => string, problems: FormulaProblem[]) {
    this.unitOf = unitOf;
    this.problems = problems;
  }

  number(node: FormulaNode): Numeric | null {
    const compiled = this.compile(node);
    if (compiled === null || compiled.type === 'number') return compiled;
    return this.refuse(node, 'a number is wanted here, and this is true or false');
  }

  private truth(node: FormulaNode): Run<boolean> | null {
    const compiled = this.compile(node);
    if (compiled === null || compiled.type === 'truth') return compiled === null ? null : compiled.run;
    return this.refuse(node, 'a condition is wanted here, and this is a number');
  }

  private compile(node: FormulaNode): Compiled | null {
    switch (node.op) {
      case 'value':
        if (typeof node.args !== 'number' && typeof node.args !== 'bigint') break;
        return constant(Number(node.args));
      case 'id':
        return input(node.args, this.unitOf(node.args));
      case '-_': {
        const of = this.number(node.args);
        return of && { ...of, run: (valueOf) => -of.run(valueOf) };
      }
      case '!_': {
        const of = this.truth(node.args);
        return of && { type: 'truth', run: (valueOf) => !of(valueOf) };
      }
      case '+':
      case '-':
      case '*':
      case '/':
        return this.arithmetic(node.op, node, node.args);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.comparison(node.op, node, node.args);
      case '&&':
      case '||': {
        const [a, b] = [this.truth(node.args[0]), this.truth(node.args[1])];
        if (a === null || b === null) return null;
        if (node.op === '&&') return { type: 'truth', run: (valueOf) => a(valueOf) && b(valueOf) };
        return { type: 'truth', run: (valueOf) => a(valueOf) || b(valueOf) };
      }
      case '?:':
        return this.choice(node, node.args);
      default:
    }
    return this.refuse(node, `'${partText(node)}' has no place in a formula`);
  }

  private arithmetic(
    op: '+' | '-' | '*' | '/',
    node: FormulaNode,
    args: readonly [FormulaNode, FormulaNode],
  ): Numeric | null {
    const [a, b] = [this.number(args[0]), this.number(args[1])];
    if (a === null || b === null) return null;
    if (op === '*') return { type: 'number', unit: factorUnit(a, b, args), run: (v) => a.run(v) * b.run(v) };
    if (op === '/') {
      const by = partText(args[1]);
      const unit = isPlain(args[1]) ? a.unit : null;
      return { type: 'number', unit, run: (v) => quotient(a.run(v), b.run(v), by) };
    }
    const unit = this.together(a, b, node, op === '+' ? 'added' : 'subtracted');
    if (op === '+') return { type: 'number', unit, run: (v) => a.run(v) + b.run(v) };
    return { type: 'number', unit, run: (v) => a.run(v) - b.run(v) };
  }

  private comparison(
    op: keyof typeof COMPARE,
    node: FormulaNode,
    args: readonly [FormulaNode, FormulaNode],
  ): Compiled | null {
    const [a, b] = [this.number(args[0]), this.number(args[1])];
    if (a === null || b === null) return null;
    this.together(a, b, node, 'compared');
    const compare = COMPARE[op];
    return { type: 'truth', run: (valueOf) => compare(a.run(valueOf), b.run(valueOf)) };
  }

  private choice(node: FormulaNode, args: readonly [FormulaNode, FormulaNode, FormulaNode]): Numeric | null {
    const [condition, a, b] = [this.truth(args[0]), this.number(args[1]), this.number(args[2])];
    if (condition === null || a === null || b === null) return null;
    const unit = this.together(a, b, node, 'alternatives');
    return { type: 'number', unit, run: (valueOf) => (condition(valueOf) ? a : b).run(valueOf) };
  }

  /** The unit of two numbers that only make sense in one; a number without any goes with every unit. */
  private together(a: Numeric, b: Numeric, node: FormulaNode, how: string): string | null {
    if (a.unit !== null && b.unit !== null && a.unit !== b.unit)
      this.refuse(node, `'${partText(node)}': ${a.unit} and ${b.unit} cannot be ${how}`);
    return a.unit ?? b.unit;
  }

  private refuse(node: FormulaNode, message: string): null {
    this.problems.push({ at: node.start + 1, message });
    return null;
  }
}

const COMPARE = {
  '==': (a: number, b: number) => a === b,
  '!=': (a: number, b: number) => a !== b,
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
} as const;

function constant(value: number): Numeric {
  return { type: 'number', unit: null, run: () => value };
}

function input(name: string, unit: string): Numeric {
  const run: Run<number> = (valueOf) => {
    const value = valueOf(name);
    if (value === null) throw new NoValue(`${name} has no value`);
    return value;
  };
  return { type: 'number', unit: unit === '' ? null : unit, run };
}

function quotient(a: number, b: number, by: string): number {
  if (b === 0) throw new NoValue(`${by} is zero`);
  return a / b;
}

/** A multiple of something is in the same unit; a product of two KPIs is in none that is known. */
function factorUnit(a: Numeric, b: Numeric, [left, right]: readonly [FormulaNode, FormulaNode]): string | null {
  if (isPlain(left)) return b.unit;
  return isPlain(right) ? a.unit : null;
}

function isPlain(node: FormulaNode): boolean {
  return node.op === 'value' || (node.op === '-_' && node.args.op === 'value');
}
