import { RECORD_CHARS_MAX } from './csv-record.ts';
import type { XesAttributes } from './xes-attributes.ts';
import type { XmlElement, XmlStream } from './xml-stream.ts';

/** What of a file is read into memory as a whole: an event, a global, a trace up to its first event. */
export class XesRecord {
  readonly attributes: XesAttributes;
  readonly line: number;
  /** How deep its element is nested; its attributes are deeper. */
  readonly depth: number;
  /** Its text once it ended, at most RECORD_CHARS_MAX of it; null before. */
  text: string | null = null;
  private readonly xml: XmlStream;
  private readonly start: number;
  /** Its beginning, if it is longer than allowed. */
  private beginning: string | null = null;

  /** Begins with the element that the stream has just opened; from here on the stream keeps its text. */
  constructor(xml: XmlStream, element: XmlElement, attributes: XesAttributes) {
    this.xml = xml;
    this.attributes = attributes;
    this.line = element.line;
    this.start = element.start;
    this.depth = xml.depth;
    xml.keepFrom = element.start;
  }

  /** Takes the attribute that the stream has just opened. */
  open(element: XmlElement): void {
    this.measure(element.start);
    this.attributes.open(element);
  }

  /** It ends before the place `end`; the stream keeps its text no longer. */
  end(end: number): void {
    this.measure(end);
    this.text = this.beginning ?? this.xml.text(this.start, end);
    this.xml.keepFrom = null;
  }

  /** Of what is too long neither attributes nor text are gathered any more. */
  private measure(end: number): void {
    if (end - this.start <= RECORD_CHARS_MAX || this.beginning !== null) return;
    this.beginning = this.xml.text(this.start, this.start + RECORD_CHARS_MAX);
    this.xml.keepFrom = null;
    this.attributes.problem ??= `it is longer than ${RECORD_CHARS_MAX} characters`;
  }
}
