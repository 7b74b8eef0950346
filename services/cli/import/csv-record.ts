/** Longest record; what is longer is a bad line, because a quote was probably never closed. */
export const RECORD_CHARS_MAX = 1_048_576;

/** What stands at a place of the text. `end` is where the record ends, `next` where the following one starts. */
export type Scanned =
  | { readonly kind: 'record'; readonly end: number; readonly next: number; readonly quoted: boolean }
  | { readonly kind: 'malformed'; readonly end: number; readonly next: number; readonly reason: string }
  | { readonly kind: 'incomplete' };

const QUOTE = 34;

/**
 * Finds the end of the record that starts at `from`; `last` says that no text follows. Of a malformed record only its
 * first line counts as bad: reading goes on at the next one, so that one stray quote does not swallow what follows it.
 */
export function scanRecord(text: string, from: number, delimiter: string, last: boolean): Scanned {
  const feed = text.indexOf('\n', from);
  const lineEnd = feed === -1 ? text.length : feed;
  const tooLong = text.length - from > RECORD_CHARS_MAX;
  if (feed === -1 && !last && !tooLong) return { kind: 'incomplete' };
  const malformed = (reason: string): Scanned => {
    const next = feed === -1 ? text.length : feed + 1;
    return { kind: 'malformed', end: withoutReturn(text, from, lineEnd), next, reason };
  };
  if (lineEnd - from > RECORD_CHARS_MAX) return malformed(`the line is longer than ${RECORD_CHARS_MAX} characters`);
  const quote = text.indexOf('"', from);
  if (quote === -1 || quote >= lineEnd) {
    return { kind: 'record', end: withoutReturn(text, from, lineEnd), next: next(text, lineEnd), quoted: false };
  }
  let at = from;
  let cell = 1;
  for (;;) {
    if (text.charCodeAt(at) === QUOTE) {
      const closing = closingQuote(text, at + 1);
      const open = closing === -1 || (closing + 1 >= text.length && !last);
      if (open && (last || tooLong)) return malformed(`the quote that opens cell ${cell} is never closed`);
      if (open) return { kind: 'incomplete' };
      if (closing - from > RECORD_CHARS_MAX) return malformed(`the quote that opens cell ${cell} is closed too late`);
      at = closing + 1;
      const after = text[at];
      const returned = after === '\r' && (text[at + 1] === '\n' || (at + 1 >= text.length && last));
      if (after === '\r' && at + 1 >= text.length && !last) return { kind: 'incomplete' };
      if (after !== undefined && after !== delimiter && after !== '\n' && !returned) {
        return malformed(
          `in cell ${cell}, '${after}' follows the closing quote; a quote inside a quoted cell is written twice`,
        );
      }
      if (returned) return { kind: 'record', end: at, next: next(text, at + 1), quoted: true };
    } else {
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at += 1;
      if (at >= text.length && !last) {
        return tooLong ? malformed(`the record is longer than ${RECORD_CHARS_MAX} characters`) : { kind: 'incomplete' };
      }
    }
    if (text[at] !== delimiter)
      return { kind: 'record', end: withoutReturn(text, from, at), next: next(text, at), quoted: true };
    at += 1;
    cell += 1;
  }
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at;
}

function withoutReturn(text: string, from: number, end: number): number {
  return end > from && text[end - 1] === '\r' ? end - 1 : end;
}

function next(text: string, feed: number): number {
  return Math.min(feed + 1, text.length);
}
