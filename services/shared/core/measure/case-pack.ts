import type { ByteOutput } from '../bytes/byte-output.ts';
import type { CaseSummary } from './case-summary.ts';
import type { EventKind, LoggedEvent } from '../event.ts';

/** Activities, imports and sets of dimensions that events refer to by number; beyond it they stand with the event. */
const SHARED_MAX = 10_000;
const KINDS: readonly EventKind[] = ['event', 'correct', 'void'];
/** Flags of an event: its kind, and which of the fields that may be null are there. */
const KIND_MASK = 3;
const HAS_VALUE = 4;
const HAS_TARGET = 8;
const HAS_IMPORT = 16;
/** Behind the flags three doubles, then the id. */
const TIME_AT = 1;
const OFFSET_AT = 9;
const APPEND_AT = 17;
const ID_AT = 25;

type Dimensions = LoggedEvent['dimensions'];

/**
 * The events of cases as bytes: a fraction of the memory of objects, and nothing that the garbage collector has to
 * follow. What many events have in common is kept once; the bytes are of use only to the packer that wrote them.
 */
export class CasePacker {
  private readonly textNumbers = new Map<string, number>();
  private readonly texts: string[] = [];
  /** By the object, and by its content: events of the same dimensions mostly have one object. */
  private readonly dimensionNumbers = new Map<Dimensions, number>();
  private readonly dimensionContents = new Map<string, number>();
  private readonly dimensions: Dimensions[] = [];
  /** Where `unpack` reads. */
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  /** Writes an event without its workflow and case. */
  pack(out: ByteOutput, event: LoggedEvent): void {
    const { value, target, importId } = event;
    out.room(ID_AT);
    out.bytes[out.at++] =
      KINDS.indexOf(event.kind) |
      (value === null ? 0 : HAS_VALUE) |
      (target === null ? 0 : HAS_TARGET) |
      (importId === null ? 0 : HAS_IMPORT);
    out.at = out.bytes.writeDoubleLE(event.timeMs, out.at);
    out.at = out.bytes.writeDoubleLE(event.offset, out.at);
    out.at = out.bytes.writeDoubleLE(event.appendMs, out.at);
    out.text(event.id);
    this.packText(out, event.activity);
    this.packDimensions(out, event.dimensions);
    if (value !== null) {
      out.varint(value.scale);
      out.text(String(value.unscaled));
    }
    if (target !== null) out.text(target);
    if (importId !== null) this.packText(out, importId);
  }

  /** A text that many events share: its number, or 0 and the text. */
  private packText(out: ByteOutput, text: string): void {
    let number = this.textNumbers.get(text);
    if (number === undefined && this.texts.length < SHARED_MAX) {
      number = this.texts.push(text);
      this.textNumbers.set(text, number);
    }
    out.varint(number ?? 0);
    if (number === undefined) out.text(text);
  }

  private packDimensions(out: ByteOutput, dimensions: Dimensions): void {
    const number = this.dimensionNumbers.get(dimensions);
    if (number !== undefined) return out.varint(number);
    const content = JSON.stringify(dimensions);
    let known = this.dimensionContents.get(content);
    if (known === undefined && this.dimensions.length < SHARED_MAX) {
      known = this.dimensions.push(dimensions);
      this.dimensionContents.set(content, known);
      this.dimensionNumbers.set(dimensions, known);
    }
    out.varint(known ?? 0);
    if (known === undefined) out.text(content);
  }

  /** The events of a case that were packed one after another into `bytes[start, end)`. */
  unpack(workflow: string, caseId: string, bytes: Buffer, start: number, end: number): LoggedEvent[] {
    this.bytes = bytes;
    this.at = start;
    const events: LoggedEvent[] = [];
    while (this.at < end) events.push(this.unpackEvent(workflow, caseId));
    return events;
  }

  /**
   * What `summaryOf` gives of the events in `bytes[start, end)`, without making them; null where that takes more than a
   * look: they came in another order, were amended or changed their dimensions.
   */
  summary(bytes: Buffer, start: number, end: number): CaseSummary | null {
    this.bytes = bytes;
    this.at = start;
    const firstMs = bytes.readDoubleLE(start + TIME_AT);
    let [lastMs, offset, events] = [-Infinity, -1, 0];
    let [firstActivity, lastActivity] = ['', ''];
    let shared: number | null = null;
    for (; this.at < end; events++) {
      const { at } = this;
      const timeMs = bytes.readDoubleLE(at + TIME_AT);
      // Any flag: its kind, or a field that would have to be passed over.
      if (bytes[at] !== 0 || timeMs <= lastMs) return null;
      lastMs = timeMs;
      offset = bytes.readDoubleLE(at + OFFSET_AT);
      this.at = at + ID_AT;
      this.pass();
      lastActivity = this.sharedText();
      if (events === 0) firstActivity = lastActivity;
      const number = this.varint();
      if (number === 0 || number !== (shared ?? number)) return null;
      shared = number;
    }
    const dimensions = this.dimensions[shared! - 1]!;
    return { firstMs, lastMs, firstActivity, lastActivity, events, dimensions, offset };
  }

  /** Passes over a text. */
  private pass(): void {
    const length = this.varint();
    this.at += length;
  }

  private unpackEvent(workflow: string, caseId: string): LoggedEvent {
    const { bytes, at } = this;
    const flags = bytes[at]!;
    const timeMs = bytes.readDoubleLE(at + TIME_AT);
    const offset = bytes.readDoubleLE(at + OFFSET_AT);
    const appendMs = bytes.readDoubleLE(at + APPEND_AT);
    this.at = at + ID_AT;
    const id = this.text();
    const activity = this.sharedText();
    const number = this.varint();
    const dimensions = number === 0 ? (JSON.parse(this.text()) as Dimensions) : this.dimensions[number - 1]!;
    let value: LoggedEvent['value'] = null;
    if ((flags & HAS_VALUE) !== 0) {
      const scale = this.varint();
      value = { unscaled: BigInt(this.text()), scale };
    }
    const target = (flags & HAS_TARGET) === 0 ? null : this.text();
    const importId = (flags & HAS_IMPORT) === 0 ? null : this.sharedText();
    const kind = KINDS[flags & KIND_MASK]!;
    return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs };
  }

  private varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  private text(): string {
    const length = this.varint();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  private sharedText(): string {
    const number = this.varint();
    return number === 0 ? this.text() : this.texts[number - 1]!;
  }
}
