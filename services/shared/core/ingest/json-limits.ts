import { TaktError } from '../errors.ts';

/** How deep arrays and objects may nest. */
export const JSON_DEPTH_MAX = 32;
/** Most keys of one object. */
export const JSON_KEYS_MAX = 1_000;
/** Most digits of a number that a double holds exactly; longer ones must be JSON strings. */
export const JSON_NUMBER_DIGITS_MAX = 15;

/** Beyond these a number has no exact double whatever its digits are. */
const NUMBER_CHARS_MAX = 100;
const EXPONENT_MAX = 99;
const NUMBER = /^-?(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Stands for a number that a double does not hold: JSON.parse makes Infinity of it, which no other number becomes. */
const INEXACT = '1e999';

export interface JsonLimits {
  readonly depthMax: number;
  readonly keysMax: number;
  /** Most elements of the outermost array. */
  readonly itemsMax: number;
}

/** A parsed text. */
export interface ParsedJson {
  /** Numbers that a double cannot hold exactly are Infinity here. */
  readonly value: unknown;
  /** Text of each element of the outermost array, as it was sent; of anything else, the whole text. */
  readonly raw: (index: number) => string;
}

/**
 * Parses JSON within limits, which are checked before anything is built. Throws BODY_INVALID for a text that is no JSON
 * or exceeds a limit.
 */
export function parseJson(text: string, limits: JsonLimits): ParsedJson {
  const { starts, exactText } = scan(text, limits);
  let value: unknown;
  try {
    value = JSON.parse(exactText);
  } catch (error) {
    throw new TaktError('BODY_INVALID', `the body is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  const raw = (index: number): string =>
    starts.length === 0 ? text : text.slice(starts[index], starts[index + 1]! - 1).trim();
  return { value, raw };
}

interface Scan {
  /** Where the elements of the outermost array start, and one past where it ends; empty for anything else. */
  readonly starts: readonly number[];
  readonly exactText: string;
}

/** One pass over the characters; that the text is JSON is for JSON.parse to say. */
function scan(text: string, { depthMax, keysMax, itemsMax }: JsonLimits): Scan {
  const keys: number[] = [];
  const starts: number[] = [];
  const inArray = /^\s*\[/.test(text);
  let exactText = '';
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case BRACE:
      case BRACKET:
        keys.push(0);
        if (keys.length > depthMax) refuse(`nests deeper than ${depthMax} levels`);
        if (inArray && keys.length === 1) starts.push(i + 1);
        break;
      case BRACE_END:
      case BRACKET_END:
        if (inArray && keys.length === 1) starts.push(i + 1);
        keys.pop();
        break;
      case COLON:
        if (++keys[keys.length - 1]! > keysMax) refuse(`has an object of more than ${keysMax} keys`);
        break;
      case COMMA:
        if (!inArray || keys.length !== 1) break;
        starts.push(i + 1);
        if (starts.length > itemsMax) refuse(`has more than ${itemsMax} items; send fewer at once`);
        break;
      default: {
        if (!startsNumber(text.charCodeAt(i))) break;
        const end = endOfNumber(text, i);
        if (!heldExactly(text, i, end)) {
          exactText += text.slice(copied, i) + INEXACT;
          copied = end;
        }
        i = end - 1;
      }
    }
  }
  return { starts, exactText: exactText + text.slice(copied) };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;

function refuse(what: string): never {
  throw new TaktError('BODY_INVALID', `the body ${what}.`);
}

/** Place of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return text.length;
}

function startsNumber(code: number): boolean {
  return code === 0x2d || (code >= 0x30 && code <= 0x39);
}

/** One past the last character that may belong to a number. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    // Digits, + - . E e
    const part = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e;
    if (!part && code !== 0x45 && code !== 0x65) break;
  }
  return end;
}

/** Whether a double keeps the number; also true for what is no number, which JSON.parse refuses. */
function heldExactly(text: string, start: number, end: number): boolean {
  const token = text.slice(start, end);
  if (token.length <= JSON_NUMBER_DIGITS_MAX && !/e/i.test(token)) return true;
  const match = NUMBER.exec(token);
  if (match === null) return true;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  return (
    digits.length <= JSON_NUMBER_DIGITS_MAX &&
    token.length <= NUMBER_CHARS_MAX &&
    Math.abs(Number(exponent)) <= EXPONENT_MAX
  );
}
