import { SaxesParser } from 'saxes';
import { TaktError } from '../../shared/core/errors.ts';
import { TextWindow } from './text-window.ts';

/** Longest tag, or text between two tags, that is read: it stands in memory as a whole. */
export const ELEMENT_CHARS_MAX = 16 * 1024 * 1024;
/** Deepest nesting of elements. */
export const DEPTH_MAX = 64;

const BARE_AMPERSAND = /&(?!([a-z]+|#[0-9]+|#x[0-9a-f]+);)/i;
const LINE_END = /\r\n|\r|\n/g;

/** An element that begins. */
export interface XmlElement {
  /** Without the prefix of its namespace. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Line of its `<`, from 1. */
  readonly line: number;
  /** Place of its `<`, in UTF-16 units from the beginning of the text. */
  readonly start: number;
}

/** Takes the elements of a document in their order. `end` is the place after the element's last character. */
export interface XmlHandler {
  open(element: XmlElement): void;
  close(end: number): void;
}

/**
 * Reads XML from pieces of text and tells the beginnings and ends of its elements; text between them is checked and
 * dropped. Everything that is no well-formed XML is FILE_UNREADABLE with its place, and so is a DOCTYPE: no entity but
 * the five of XML itself is ever replaced.
 */
export class XmlStream {
  /** Text from this place on is kept for `text`; null: none is. Set by the handler. */
  keepFrom: number | null = null;
  private readonly path: string;
  private readonly handler: XmlHandler;
  private readonly parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  private readonly window = new TextWindow();
  private readonly openElements: { readonly name: string; readonly line: number }[] = [];
  private start = 0;
  private line = 1;
  /** Where the last tag ended, and in which line. */
  private tagEnd = 0;
  private tagEndLine = 1;
  /** Length of all pieces. */
  private given = 0;

  constructor(path: string, handler: XmlHandler) {
    this.path = path;
    this.handler = handler;
    this.parser.on('doctype', () => {
      throw this.error('the file has a DOCTYPE; allowed: none, because entities could make it endless. Take it out');
    });
    this.parser.on('error', ({ message }) => {
      throw this.malformed(`it is not well-formed XML: ${message.replace(/\.$/, '')}. Mend it, or export it again`);
    });
    this.parser.on('opentagstart', ({ name }) => this.begin(name));
    this.parser.on('opentag', ({ name, attributes }) => {
      this.endTag();
      handler.open({ name: localName(name), attributes, line: this.line, start: this.start });
    });
    this.parser.on('closetag', () => {
      this.endTag();
      this.handler.close(this.tagEnd);
      this.openElements.pop();
    });
  }

  /** Elements that are open, the one that begins or ends included: 1 for the root. */
  get depth(): number {
    return this.openElements.length;
  }

  /** Takes the next piece. Throws FILE_UNREADABLE. */
  write(piece: string): void {
    this.window.add(piece, Math.min(this.keepFrom ?? Infinity, this.tagEnd));
    this.given += piece.length;
    this.parser.write(piece);
    if (this.given - this.tagEnd <= ELEMENT_CHARS_MAX) return;
    throw this.malformed(`a tag, or a text between two, is longer than ${ELEMENT_CHARS_MAX} characters. Take it out`);
  }

  /** No piece follows. Throws FILE_UNREADABLE when the document is not complete. */
  end(): void {
    const last = this.openElements.at(-1);
    if (last !== undefined) {
      throw this.malformed(
        `the file is cut off: <${last.name}> of line ${last.line} is not closed. Get the whole file`,
      );
    }
    this.parser.close();
  }

  /** The document's text between two places, the first of them not before `keepFrom`. */
  text(from: number, to: number): string {
    return this.window.slice(from, to);
  }

  /** FILE_UNREADABLE at the line that is being read; `what` has no full stop. */
  error(what: string, line = this.parser.line): TaktError {
    return new TaktError('FILE_UNREADABLE', `${this.path}:${line}: ${what}.`);
  }

  /** The parser takes what follows a bare & for the name of an entity, and complains far behind it, or never. */
  private malformed(what: string): TaktError {
    const rest = this.window.slice(this.tagEnd, Infinity);
    const at = rest.search(BARE_AMPERSAND);
    if (at === -1) return this.error(what);
    const line = this.tagEndLine + (rest.slice(0, at).match(LINE_END)?.length ?? 0);
    return this.error('it is not well-formed XML: an & stands for itself; allowed: &amp;. Mend it', line);
  }

  private endTag(): void {
    this.tagEnd = this.parser.position;
    this.tagEndLine = this.parser.line;
  }

  private begin(name: string): void {
    // The character behind the name was read too; a line end of two counts as one.
    const guess = this.parser.position - name.length - 2;
    this.start = this.window.at(guess) === '<' ? guess : guess - 1;
    const behind = this.window.at(this.start + 1 + name.length);
    this.line = this.parser.line - (behind === '\n' || behind === '\r' ? 1 : 0);
    this.openElements.push({ name, line: this.line });
    if (this.depth > DEPTH_MAX) throw this.error(`elements are nested deeper than ${DEPTH_MAX}. Make it flatter`);
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
