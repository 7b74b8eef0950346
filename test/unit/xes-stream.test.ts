import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORD_CHARS_MAX } from '../../services/cli/import/csv-record.ts';
import { NAME_CHARS_MAX, XesAttributes } from '../../services/cli/import/xes-attributes.ts';
import { XesRecord } from '../../services/cli/import/xes-record.ts';
import { type XesRow, XesStream } from '../../services/cli/import/xes-stream.ts';
import { XmlStream } from '../../services/cli/import/xml-stream.ts';
import { attributeText, eventText, string, type XesAttribute } from '../support/xes-text.ts';

function read(text: string, columns: readonly string[] = [], pieceChars = text.length): XesRow[] {
  const stream = new XesStream('f.xes', columns);
  const rows: XesRow[] = [];
  for (let at = 0; at < text.length; at += pieceChars) rows.push(...stream.write(text.slice(at, at + pieceChars)));
  stream.end();
  return rows;
}

/** All attributes of a row, the first of equal names. */
function attributesOf({ attributes }: XesRow): Record<string, string> {
  return Object.fromEntries([...attributes].reverse().flatMap((values) => [...values]));
}

const A = '<string key="concept:name" value="A"/>';

test.each(['', 'xes:'])('traces, events and their attributes, with the prefix %j', (p) => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<${p}log xes.version="1.0">
  <${p}extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <${p}classifier name="Event Name" keys="concept:name"/>
  <${p}string key="origin" value="log"><${p}event/><${p}trace/></${p}string>
  <${p}trace>
    <${p}string key="concept:name" value="7"/>
    <${p}event>
      <${p}string key="concept:name" value="A &amp; &quot;B&quot;&#10;"/>
      <${p}int key="n" value="3"/>
    </${p}event>
    <${p}event/>
  </${p}trace>
  <${p}trace/>
</${p}log>`;
  const rows = read(text, ['n', 'concept:name', 'case:concept:name', 'none']);
  expect(rows.map(({ line, cells, reason }) => ({ line, cells, reason }))).toEqual([
    { line: 8, cells: ['3', 'A & "B"\n', '7', ''], reason: null },
    { line: 12, cells: ['', '', '7', ''], reason: null },
  ]);
});

test('nested attributes, lists and containers have flat names, equal ones are numbered', () => {
  const event = `<event>
    <string key="a" value="1"><int key="b" value="2"><int key="c" value="3"/></int></string>
    <list key="l"><values><string key="i" value="x"/><string key="i" value="y"/></values></list>
    <container key="l"><string key="i" value="z"/></container>
    <list key="old" value=""><string key="i" value="v"/></list>
    <string key="a" value="4"/>
    <string key="a#2" value="5"/>
    <string key="a/b" value="6"/>
    <string key="values" value="7"/>
  </event>`;
  expect(attributesOf(read(`<log>${event}</log>`)[0]!)).toEqual({
    a: '1',
    'a/b': '2',
    'a/b/c': '3',
    'l/i': 'x',
    'l/i#2': 'y',
    'l#2/i': 'z',
    'old/i': 'v',
    'a#2': '4',
    'a#2#2': '5',
    'a/b#2': '6',
    values: '7',
  });
});

test('an attribute of a type that XES does not know is a text', () => {
  const event = '<event><duration key="d" value="PT1H"/><x:money key="m" value="1.5" xmlns:x="u"/></event>';
  expect(attributesOf(read(`<log>${event}</log>`)[0]!)).toEqual({ d: 'PT1H', m: '1.5' });
});

test('an event outside of a trace has its own attributes only', () => {
  const named = `<trace><string key="concept:name" value="1"/><event>${A}</event></trace>`;
  const rows = read(`<log>${named}<event>${A}</event></log>`);
  expect(rows.map(attributesOf)).toEqual([{ 'case:concept:name': '1', 'concept:name': 'A' }, { 'concept:name': 'A' }]);
  expect(rows[1]!.raw).toBe(`<event>${A}</event>`);
});

const GLOBALS = `<global scope="trace"><string key="region" value="EU"/><string key="concept:name" value="?"/></global>
<global scope="event"><string key="concept:name" value="?"/><date key="time:timestamp" value="1970-01-01T00:00:00Z"/>
<string key="lifecycle:transition" value="complete"/><string key="org" value="none"><string key="role" value="r"/></string></global>`;

test('defaults of globals stand in for what is missing, but never for names and times', () => {
  const trace = `<trace><event>${A}<string key="org" value=""/></event></trace>
    <trace><string key="region" value="US"/><event/></trace><event/>`;
  expect(read(`<log>${GLOBALS}${trace}</log>`).map(attributesOf)).toEqual([
    { 'case:region': 'EU', 'concept:name': 'A', 'lifecycle:transition': 'complete', org: '', 'org/role': 'r' },
    { 'case:region': 'US', 'lifecycle:transition': 'complete', org: 'none', 'org/role': 'r' },
    { 'lifecycle:transition': 'complete', org: 'none', 'org/role': 'r' },
  ]);
  const unscoped = '<global><string key="a" value="1"/></global>';
  expect(read(`<log>${unscoped}<event/></log>`).map(attributesOf)).toEqual([{ a: '1' }]);
});

test.each([
  ['<event><string value="1"/></event>', '<string> in line 2 has no key'],
  ['<event><note>text</note></event>', '<note> in line 2 has no key'],
  ['<event><string key="a"/></event>', "'a' in line 2 has no value"],
  ['<event><event><string key="a" value="1"/></event></event>', '<event> in line 2 has no key'],
  [
    `<event><string key="${'k'.repeat(NAME_CHARS_MAX)}" value="1"><string key="a" value="1"/></string></event>`,
    `the name of the attribute in line 2 is longer than ${NAME_CHARS_MAX}`,
  ],
])('the event %s is malformed, the next one is read', (event, reason) => {
  const rows = read(`<log>\n${event}\n<event>${A}</event></log>`, ['concept:name']);
  expect(rows.map(({ cells, line }) => [line, cells])).toEqual([
    [2, null],
    [3, ['A']],
  ]);
  expect(rows[0]).toMatchObject({ reason: expect.stringContaining(reason), raw: event });
});

test('of a malformed trace every event is bad, and no event of the next one', () => {
  const head = '<trace>\n<string value="1"/>\n';
  const text = `<log>${head}<event/><event>${A}</event></trace><trace><event/></trace></log>`;
  const rows = read(text);
  expect(rows.map(({ reason }) => reason?.split(';')[0] ?? null)).toEqual([
    'its trace (line 1) is malformed: <string> in line 2 has no key',
    'its trace (line 1) is malformed: <string> in line 2 has no key',
    null,
  ]);
  expect(rows.slice(0, 2).map(({ raw }) => raw)).toEqual([`${head}<event/>`, `${head}<event>${A}</event>`]);
});

const LONG = `<string key="long" value="${'x'.repeat(RECORD_CHARS_MAX / 2)}"/>\n`;
const MANY = '<string key="s" value="1"/>'.repeat(1000);

test.each([10_000, 100_000_000])('an event longer than allowed is one bad row, in pieces of %i', (pieceChars) => {
  const event = `<event>${LONG}${LONG}${LONG}${MANY}</event>`;
  const [bad, good, ...others] = read(`<log>${event}<event>${A}</event></log>`, ['concept:name'], pieceChars);
  expect(bad).toMatchObject({ cells: null, reason: `it is longer than ${RECORD_CHARS_MAX} characters` });
  expect(bad!.raw).toBe(event.slice(0, RECORD_CHARS_MAX));
  expect([good!.cells, others]).toEqual([['A'], []]);
});

test('of an event longer than allowed neither attributes nor text are gathered', () => {
  let record: XesRecord | null = null;
  const xml = new XmlStream('f.xes', {
    open(element) {
      if (element.name === 'event') record = new XesRecord(xml, element, new XesAttributes(''));
      else record?.open(element);
    },
    close: () => record?.attributes.close(),
  });
  xml.write(`<log><event>${LONG}${LONG}<int key="a" value="1"/>`);
  expect([record!.attributes.values.size, xml.keepFrom]).toEqual([2, null]);
  xml.write(MANY);
  expect(record!.attributes.values.size).toBe(2);
});

test('the text of a record is kept until it ends, and no longer', () => {
  const kept: (number | null)[] = [];
  let record: XesRecord | null = null;
  const xml = new XmlStream('f.xes', {
    open: (element) => void (element.name === 'event' && (record = new XesRecord(xml, element, new XesAttributes('')))),
    close(end) {
      kept.push(xml.keepFrom);
      record?.end(end);
      kept.push(xml.keepFrom);
    },
  });
  xml.write('<log><event/>');
  expect([kept, record!.text]).toEqual([[5, null], '<event/>']);
});

test('an event whose last attribute is too long is a bad row', () => {
  const event = `<event>${A}<string key="long" value="${'x'.repeat(RECORD_CHARS_MAX)}"/></event>`;
  const [bad, ...others] = read(`<log>${event}</log>`);
  expect([bad!.reason, others]).toEqual([`it is longer than ${RECORD_CHARS_MAX} characters`, []]);
});

test('an event inside of an attribute is none', () => {
  const rows = read(`<log><trace><string key="a" value="1"><event/></string><event>${A}</event></trace></log>`);
  expect(rows.map(({ reason }) => reason?.split(';')[0])).toEqual([
    'its trace (line 1) is malformed: <event> in line 1 has no key',
  ]);
});

test.each([10_000, 100_000_000])('a head longer than allowed makes its trace bad, in pieces of %i', (pieceChars) => {
  const head = `<trace>${LONG}${LONG}${LONG}${MANY}`;
  const text = `<log>${head}<event>${A}</event></trace><trace><event>${A}</event></trace></log>`;
  const [bad, good] = read(text, ['concept:name'], pieceChars);
  expect(bad!.reason).toContain(`malformed: it is longer than ${RECORD_CHARS_MAX} characters`);
  expect(bad!.raw).toBe(head.slice(0, RECORD_CHARS_MAX));
  expect(good!.cells).toEqual(['A']);
});

test.each([
  ['<html/>', 'the root element is <html>; allowed: <log>, of XES'],
  [`<log>\n<trace>\n<event/>\n${A}</trace></log>`, 'f.xes:4: <string> of the trace of line 2 stands behind its first'],
  [`<log><trace/><global scope="event">${A}</global></log>`, '<global> stands behind the first trace'],
  [`<log><event/><global scope="event">${A}</global></log>`, '<global> stands behind the first trace'],
  [`<log><global scope="log">${A}</global></log>`, 'the scope of <global> is "log"; allowed: trace or event'],
  ['<log>\n<global scope="event"><int key="a"/></global></log>', "f.xes:2: the <global> is malformed: 'a' in line 2"],
])('%s is refused', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

const name = fc.stringMatching(/^[a-z:/# ]{1,6}$/);
const plain = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((text) => text.replace(/[^\t\n\r -\ud7ff\ue000-\ufffd]/g, '_'));

function attribute(depth: number): fc.Arbitrary<XesAttribute> {
  return fc.record({
    type: fc.constantFrom('string', 'int', 'date', 'id'),
    key: name,
    value: plain,
    children: depth === 0 ? fc.constant([]) : fc.array(attribute(depth - 1), { maxLength: 2 }),
  });
}

/** The flat names as docs/import.md gives them, computed anew. */
function flat(attributes: readonly XesAttribute[], prefix: string): [string, string][] {
  const found: [string, string][] = [];
  const taken = new Set<string>();
  const visit = ({ key, value, children }: XesAttribute, above: string): void => {
    const plainName = above + key;
    let unique = plainName;
    for (let n = 2; taken.has(unique); n++) unique = `${plainName}#${n}`;
    taken.add(unique);
    found.push([unique, value ?? '']);
    for (const child of children) visit(child, `${unique}/`);
  };
  for (const each of attributes) visit(each, prefix);
  return found;
}

test('any log, in pieces of any size, gives its events with their attributes and their text', () => {
  const events = fc.array(fc.array(attribute(2), { maxLength: 4 }), { maxLength: 4 });
  const traces = fc.array(fc.record({ head: fc.array(attribute(2), { maxLength: 3 }), events }), { maxLength: 3 });
  fc.assert(
    fc.property(traces, fc.constantFrom('', 'x:'), fc.integer({ min: 1, max: 40 }), (log, prefix, pieceChars) => {
      const expected: { attributes: [string, string][]; raw: string }[] = [];
      let text = `<${prefix}log>\r\n`;
      for (const { head, events: some } of log) {
        const begin = `<${prefix}trace\r\n>${head.map((each) => attributeText(each, prefix)).join('\r')}`;
        text += begin;
        for (const each of some) {
          const own = eventText(each, prefix);
          expected.push({ attributes: [...flat(head, 'case:'), ...flat(each, '')], raw: begin + own });
          text += own;
        }
        text += `</${prefix}trace><!-- <event/> -->`;
      }
      const rows = read(`${text}</${prefix}log>`, [], pieceChars);
      const given = rows.map(({ attributes, raw }) => ({ attributes: attributes.flatMap((each) => [...each]), raw }));
      expect(given).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('many attributes of one name are numbered without trying every number', () => {
  const event = eventText(Array.from({ length: 30_000 }, () => string('a', '1')));
  const attributes = attributesOf(read(`<log>${event}</log>`)[0]!);
  expect(Object.keys(attributes)).toHaveLength(30_000);
  expect(attributes['a#30000']).toBe('1');
});
