import { type ASTNode, parse, ParseError, serialize } from '@marcbachmann/cel-js';

/** Longest formula, in characters. */
export const FORMULA_CHARS_MAX = 500;
/** What a formula is made of, for messages. */
export const FORMULA_FORM = 'keys of KPIs, numbers, + - * / ( ), comparisons, && || ! and condition ? a : b';

/** A node of the syntax tree of CEL. */
export type FormulaNode = ASTNode;

/** What is wrong with a formula, and at which of its characters, from 1. */
export interface FormulaProblem {
  readonly at: number;
  readonly message: string;
}

/** A name in a formula, where it stands first. */
export interface FormulaName {
  readonly name: string;
  /** Character, from 1. */
  readonly at: number;
}

/** A formula whose syntax is sound. */
export interface ParsedFormula {
  readonly root: FormulaNode;
  /** Each once, in order of appearance. */
  readonly names: readonly FormulaName[];
}

/** Reads a formula's syntax: that of CEL. */
export function parseFormula(text: string): ParsedFormula | { readonly problem: FormulaProblem } {
  if (text.length > FORMULA_CHARS_MAX) {
    const message = `the formula has ${text.length} characters, more than ${FORMULA_CHARS_MAX}`;
    return { problem: { at: FORMULA_CHARS_MAX + 1, message } };
  }
  try {
    const root = parse(text).ast;
    const names = new Map<string, number>();
    collectNames(root, names);
    return { root, names: [...names].map(([name, at]) => ({ name, at })) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const at = (error.range?.start ?? error.node?.pos ?? 0) + 1;
    return { problem: { at, message: syntaxMessage(error.summary) } };
  }
}

/** A formula on one line, however it is spaced. */
export function oneLine(formula: string): string {
  return formula.trim().replace(/\s+/g, ' ');
}

/** Most characters of a formula's part in a message. */
const SHOWN_MAX = 60;

/**
 * A part of a formula for a message: as it is written, or with all of its parentheses where one of them stands outside;
 * its end is left out of a long one.
 */
export function partText(node: FormulaNode): string {
  const written = oneLine(node.input.slice(node.start, node.end));
  const text = isBalanced(written) ? written : serialize(node);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}

function isBalanced(text: string): boolean {
  let open = 0;
  for (const character of text) {
    if (character === '(') open++;
    else if (character === ')' && --open < 0) return false;
  }
  return open === 0;
}

/** A formula as people write it on paper. */
export function shownFormula(expression: string): string {
  return expression.replaceAll('*', '×').replaceAll('/', '÷').replaceAll(' - ', ' − ');
}

/** In the order in which they stand: a condition before what it chooses from. */
function collectNames(node: FormulaNode, names: Map<string, number>): void {
  if (node.op === 'id') {
    if (!names.has(node.args)) names.set(node.args, node.start + 1);
    return;
  }
  const parts: readonly unknown[] = Array.isArray(node.args) ? node.args : [node.args];
  for (const part of parts) if (isNode(part)) collectNames(part, names);
}

function isNode(part: unknown): part is FormulaNode {
  return typeof part === 'object' && part !== null && 'op' in part;
}

function syntaxMessage(summary: string): string {
  if (summary === 'Unexpected token: EOF') return 'the formula ends too early';
  const reserved = /^Reserved identifier: (\w+)$/.exec(summary)?.[1];
  if (reserved !== undefined) return `'${reserved}' is a word of CEL: a KPI of this key needs another one to be used`;
  return `the formula is no CEL: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`;
}
