import { expect, test } from 'vitest';
import { TextWindow } from '../../services/cli/import/text-window.ts';
import { DEPTH_MAX, ELEMENT_CHARS_MAX, type XmlHandler, XmlStream } from '../../services/cli/import/xml-stream.ts';

/** What a document's elements are, written as `name@line:start` and `/end`. */
function elementsOf(pieces: Iterable<string>): string[] {
  const seen: string[] = [];
  const handler: XmlHandler = {
    open: ({ name, line, start }) => void seen.push(`${name}@${line}:${start}`),
    close: (end) => void seen.push(`/${end}`),
  };
  const stream = new XmlStream('f.xes', handler);
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return seen;
}

function cut(text: string, size: number): string[] {
  return text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
}

test.each([1, 2, 7, 1000])('places and lines are those of the text, in pieces of %i', (size) => {
  const text = '<?xml version="1.0"?>\r\n<a>\r\n<b\r\n k="1"/>\r<c\n/>😀<!-- <x> --><x:d\ty="&lt;"></x:d\n></a>\n';
  const at = (part: string): number => text.indexOf(part);
  expect(elementsOf(cut(text, size))).toEqual([
    `a@2:${at('<a')}`,
    `b@3:${at('<b')}`,
    `/${at('\r<c')}`,
    `c@5:${at('<c')}`,
    `/${at('😀')}`,
    `d@6:${at('<x:d')}`,
    `/${at('</a>')}`,
    `/${at('</a>') + 4}`,
  ]);
});

const BOMB = `<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa">${Array.from(
  'bcdefghij',
  (name, i) => `<!ENTITY ${name} "${`&${'abcdefghij'[i]};`.repeat(10)}">`,
).join('')}]>`;

test.each([
  ['an entity bomb', `${BOMB}<log>&j;</log>`, /^f\.xes:1: the file has a DOCTYPE; allowed: none/],
  ['a DOCTYPE that does no harm', '<!DOCTYPE log>\n<log/>', /has a DOCTYPE/],
  ['an external entity', '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]><log a="&x;"/>', /has a DOCTYPE/],
  ['an entity that is not declared', '<log>\n<a k="&x;"/></log>', /^f\.xes:2: .*not well-formed XML: undefined entity/],
  [
    'a bare ampersand',
    '<log>\n<a k="a\r\n& b"/><b k="&lt;"/></log>',
    /^f\.xes:3: it is not well-formed XML: an & stands/,
  ],
  ['a bare ampersand at the end', '<log>\n<a k="&', /^f\.xes:2: it is not well-formed XML: an & stands/],
  ['tags that cross', '<log><a><b></a></b></log>', /not well-formed/],
  ['an attribute twice', '<log a="1" a="2"/>', /not well-formed/],
  ['a character that XML does not have', '<log a="\u0001"/>', /not well-formed/],
  ['two roots', '<log/><log/>', /not well-formed/],
  ['text', 'Case ID,Activity\n', /not well-formed/],
  ['nothing', ' \n', /root element/],
  ['cut off between tags', '<log>\n<trace>\n', /^f\.xes:3: the file is cut off: <trace> of line 2 is not closed/],
  ['cut off inside a tag', '<log>\n<trace><x:event a="1', /cut off: <x:event> of line 2/],
  ['cut off inside a comment', '<log/><!-- ', /not well-formed XML: unexpected end/],
])('%s is refused', (_, text, message) => {
  for (const size of [1, 5, 1000]) {
    expect(() => elementsOf(cut(text, size))).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }));
    expect(() => elementsOf(cut(text, size))).toThrow(message);
  }
});

test.each([
  ['an attribute', '<log>\n<a k="'],
  ['a name', '<log>\n<a'],
  ['a comment', '<log><!--'],
  ['a text', '<log>'],
  ['a DOCTYPE', '<!DOCTYPE log ['],
])('%s that never ends is given up on', (_, begin) => {
  let pieces = 0;
  function* endless(): Generator<string> {
    yield begin;
    for (; pieces < 100; pieces++) yield 'x'.repeat(ELEMENT_CHARS_MAX / 16);
  }
  expect(() => elementsOf(endless())).toThrow(`is longer than ${ELEMENT_CHARS_MAX} characters`);
  expect(pieces).toBeLessThanOrEqual(16);
});

test('elements may be nested as deep as allowed, and no deeper', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  expect(elementsOf([nested(DEPTH_MAX)])).toHaveLength(2 * DEPTH_MAX);
  expect(() => elementsOf([nested(DEPTH_MAX + 1)])).toThrow(`nested deeper than ${DEPTH_MAX}`);
});

test('a window keeps what is asked for and forgets the rest', () => {
  const window = new TextWindow();
  window.add('abc', 0);
  window.add('def', 2);
  expect([window.slice(2, 5), window.at(5), window.slice(0, 3), window.at(1)]).toEqual(['cde', 'f', 'c', undefined]);
  window.add('ghi', 100);
  expect([window.slice(6, 9), window.at(5)]).toEqual(['ghi', undefined]);
});
