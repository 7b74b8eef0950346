import { RECORD_CHARS_MAX } from './csv-record.ts';
import type { InputRow } from './row-source.ts';
import { XesAttributes } from './xes-attributes.ts';
import { TRACE_PREFIX, XesDefaults } from './xes-defaults.ts';
import { XesRecord } from './xes-record.ts';
import { type XmlElement, type XmlHandler, XmlStream } from './xml-stream.ts';

/** An event of an XES file. `raw` is the event as it stands there, behind the head of its trace. */
export interface XesRow extends InputRow {
  /** Attributes by name: of the trace (`case:` before their names), of the event, and the defaults that apply. */
  readonly attributes: readonly ReadonlyMap<string, string>[];
}

/** Reads XES (IEEE 1849) from pieces of text. Extensions, classifiers and attributes of the log are passed over. */
export class XesStream implements XmlHandler {
  private readonly xml: XmlStream;
  private readonly columns: readonly string[];
  private readonly defaults = new XesDefaults();
  private rows: XesRow[] = [];
  private trace: XesRecord | null = null;
  private event: XesRecord | null = null;
  private global: { readonly element: XmlElement; readonly record: XesRecord } | null = null;
  /** Depth of an element of the log that is passed over with all that is in it. */
  private skippedDepth: number | null = null;
  private begun = false;

  /** `columns` are the names of a row's cells; a cell without an attribute is empty. */
  constructor(path: string, columns: readonly string[]) {
    this.xml = new XmlStream(path, this);
    this.columns = columns;
  }

  /** The events that end in the next piece. Throws FILE_UNREADABLE for what is no XES. */
  write(piece: string): XesRow[] {
    this.xml.write(piece);
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** No piece follows. Throws FILE_UNREADABLE when the file is not complete. */
  end(): void {
    this.xml.end();
  }

  open(element: XmlElement): void {
    const { depth } = this.xml;
    const { name } = element;
    if (depth === 1 && name !== 'log') throw this.xml.error(`the root element is <${name}>; allowed: <log>, of XES`);
    if (depth === 1 || this.skippedDepth !== null) return;
    const inside = this.event ?? this.global?.record ?? null;
    if (inside !== null) inside.open(element);
    else if (name === 'event' && depth === (this.trace === null ? 2 : 3)) this.beginEvent(element);
    else if (this.trace !== null) this.traceAttribute(this.trace, element);
    else if (name === 'trace') this.beginTrace(element);
    else if (name === 'global') this.beginGlobal(element);
    else this.skippedDepth = depth;
  }

  close(end: number): void {
    const { depth } = this.xml;
    const inside = this.event ?? this.global?.record ?? this.trace;
    if (this.skippedDepth !== null) {
      if (depth === this.skippedDepth) this.skippedDepth = null;
    } else if (inside === null) return;
    else if (depth > inside.depth) inside.attributes.close();
    else {
      if (inside.text === null) inside.end(end);
      if (this.event !== null) this.rows.push(this.rowOf(this.event));
      if (this.global !== null) this.defaults.take(this.global.element, this.global.record, this.xml);
      if (inside === this.trace) this.trace = null;
      this.event = null;
      this.global = null;
    }
  }

  private beginTrace(element: XmlElement): void {
    this.begun = true;
    this.trace = new XesRecord(this.xml, element, new XesAttributes(TRACE_PREFIX));
  }

  private beginEvent(element: XmlElement): void {
    this.begun = true;
    if (this.trace?.text === null) this.trace.end(element.start);
    this.event = new XesRecord(this.xml, element, new XesAttributes(''));
  }

  private beginGlobal(element: XmlElement): void {
    // Events that were read already would lack it.
    if (this.begun) throw this.xml.error('a <global> stands behind the first trace; allowed: before it. Move it there');
    this.global = { element, record: new XesRecord(this.xml, element, this.defaults.attributesFor(element, this.xml)) };
  }

  private traceAttribute(trace: XesRecord, element: XmlElement): void {
    if (trace.text !== null) {
      const what = `<${element.name}> of the trace of line ${trace.line} stands behind its first event`;
      throw this.xml.error(`${what}; allowed: attributes of a trace before its events. Move it there`, element.line);
    }
    trace.open(element);
  }

  private rowOf({ attributes, line, text }: XesRecord): XesRow {
    const { trace } = this;
    const raw = ((trace?.text ?? '') + (text ?? '')).slice(0, RECORD_CHARS_MAX);
    const ofTrace = trace?.attributes.problem ?? null;
    const reason = ofTrace === null ? attributes.problem : `its trace (line ${trace?.line}) is malformed: ${ofTrace}`;
    if (reason !== null) return { line, raw, cells: null, reason, attributes: [] };
    const own = attributes.values;
    const shared = trace?.attributes.values ?? null;
    const all = [...(shared === null ? [] : [shared]), own, this.defaults.missing(own, shared)];
    const cells = this.columns.map((column) => all.find((values) => values.has(column))?.get(column) ?? '');
    return { line, raw, cells, reason: null, attributes: all };
  }
}
