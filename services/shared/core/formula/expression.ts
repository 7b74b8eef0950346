import {
  addDecimals,
  DECIMAL_DIGITS_MAX,
  multiplyDecimals,
  negateDecimal,
  parseDecimal,
  type Decimal,
} from '../decimal.ts';

/** Longest expression, in characters; it also bounds how deep parentheses nest. */
export const EXPRESSION_CHARS_MAX = 500;

/** An exact decimal computed from columns. It has no division, because a quotient need not be a decimal. */
export interface Expression {
  /** The columns that it reads, each once, in order of appearance. */
  readonly columns: readonly string[];
  /** Its value; `decimalOf` gives the decimal of a column. */
  evaluate(decimalOf: (column: string) => Decimal): Decimal;
}

/** Why a text is no expression; `column` counts its characters from 1. */
export interface ExpressionProblem {
  readonly column: number;
  readonly message: string;
}

type Node = (decimalOf: (column: string) => Decimal) => Decimal;

interface Token {
  readonly kind: 'number' | 'column' | 'sign' | 'end';
  readonly text: string;
  /** Counts from 1. */
  readonly at: number;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|\[([^\]]+)\]|([\p{L}_][\p{L}\p{N}_]*(?:#\d+)?)|([+\-*()]))/uy;
const ALLOWED = 'allowed are column names, [names in brackets], numbers, + - * and parentheses';

/** Reads `Quantity * [Unit Price] - 0.5`: `+ - *`, parentheses, decimal literals and columns. */
export function parseExpression(
  text: string,
): { readonly expression: Expression } | { readonly problem: ExpressionProblem } {
  try {
    if (text.length > EXPRESSION_CHARS_MAX) throw new Refusal(1, `it has more than ${EXPRESSION_CHARS_MAX} characters`);
    const columns = new Set<string>();
    const parser = new Parser(tokens(text), columns);
    const node = parser.whole();
    return { expression: { columns: [...columns], evaluate: node } };
  } catch (error) {
    if (error instanceof Refusal) return { problem: { column: error.column, message: error.message } };
    throw error;
  }
}

/** Whether a result still fits the decimals that events carry. */
export function decimalFits(value: Decimal): boolean {
  if (value.scale > DECIMAL_DIGITS_MAX) return false;
  const digits = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  return digits < 10n ** BigInt(DECIMAL_DIGITS_MAX);
}

class Refusal extends Error {
  readonly column: number;

  constructor(column: number, message: string) {
    super(message);
    this.column = column;
  }
}

function tokens(text: string): Token[] {
  const list: Token[] = [];
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      const place = at + /^\s*/.exec(text.slice(at))![0].length;
      throw new Refusal(place + 1, `'${String.fromCodePoint(text.codePointAt(place)!)}' is not understood; ${ALLOWED}`);
    }
    const [whole, number, quoted, bare, sign] = match;
    const start = at + whole.length - whole.trimStart().length + 1;
    at += whole.length;
    if (number !== undefined) list.push({ kind: 'number', text: number, at: start });
    else if (sign !== undefined) list.push({ kind: 'sign', text: sign, at: start });
    else list.push({ kind: 'column', text: quoted ?? bare ?? '', at: start });
  }
  list.push({ kind: 'end', text: '', at: end + 1 });
  return list;
}

/** Recursive descent: sum → product → factor. */
class Parser {
  private readonly tokens: readonly Token[];
  private readonly columns: Set<string>;
  private at = 0;

  constructor(list: readonly Token[], columns: Set<string>) {
    this.tokens = list;
    this.columns = columns;
  }

  whole(): Node {
    const node = this.sum();
    const token = this.peek();
    if (token.kind !== 'end') throw new Refusal(token.at, `'${token.text}' is not expected here; ${ALLOWED}`);
    return node;
  }

  private sum(): Node {
    let left = this.product();
    for (;;) {
      const before = left;
      if (this.takes('+')) {
        const right = this.product();
        left = (decimalOf) => addDecimals(before(decimalOf), right(decimalOf));
      } else if (this.takes('-')) {
        const right = this.product();
        left = (decimalOf) => addDecimals(before(decimalOf), negateDecimal(right(decimalOf)));
      } else return left;
    }
  }

  private product(): Node {
    let left = this.factor();
    while (this.takes('*')) {
      const before = left;
      const right = this.factor();
      left = (decimalOf) => multiplyDecimals(before(decimalOf), right(decimalOf));
    }
    return left;
  }

  private factor(): Node {
    if (this.takes('-')) {
      const inner = this.factor();
      return (decimalOf) => negateDecimal(inner(decimalOf));
    }
    if (this.takes('(')) {
      const inner = this.sum();
      if (!this.takes(')')) throw new Refusal(this.peek().at, `a ')' is missing here`);
      return inner;
    }
    const token = this.peek();
    this.at += 1;
    if (token.kind === 'number') {
      const literal = parseDecimal(token.text);
      if (literal === null) throw new Refusal(token.at, `'${token.text}' has more than ${DECIMAL_DIGITS_MAX} digits`);
      return () => literal;
    }
    if (token.kind === 'column') {
      this.columns.add(token.text);
      return (decimalOf) => decimalOf(token.text);
    }
    const found = token.kind === 'end' ? 'the end' : `'${token.text}'`;
    throw new Refusal(token.at, `a column or a number is expected here, found ${found}; ${ALLOWED}`);
  }

  private peek(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  private takes(sign: string): boolean {
    const token = this.peek();
    if (token.kind !== 'sign' || token.text !== sign) return false;
    this.at += 1;
    return true;
  }
}
