import { XesAttributes } from './xes-attributes.ts';
import type { XesRecord } from './xes-record.ts';
import type { XmlElement, XmlStream } from './xml-stream.ts';

/** What stands before the names of a trace's attributes, as in pm4py. */
export const TRACE_PREFIX = 'case:';
const NONE: ReadonlyMap<string, string> = new Map();

type Scope = 'trace' | 'event';

/** What the globals of a file say of attributes that a trace or an event lacks. */
export class XesDefaults {
  private readonly values: Record<Scope, ReadonlyMap<string, string>> = { trace: NONE, event: NONE };

  /** Where the attributes of a global go. Throws FILE_UNREADABLE when its scope is not known. */
  attributesFor(element: XmlElement, xml: XmlStream): XesAttributes {
    // What a case is called, what happened and when is never made up.
    return new XesAttributes(
      scopeOf(element, xml) === 'trace' ? TRACE_PREFIX : '',
      (type, key) => type !== 'date' && key !== 'concept:name',
    );
  }

  /** Takes a global that ended. Throws FILE_UNREADABLE when it is malformed. */
  take(element: XmlElement, { attributes, line }: XesRecord, xml: XmlStream): void {
    if (attributes.problem !== null) throw xml.error(`the <global> is malformed: ${attributes.problem}`, line);
    this.values[scopeOf(element, xml)] = attributes.values;
  }

  /** The defaults of what an event and its trace lack; `trace` is null outside of one. */
  missing(event: ReadonlyMap<string, string>, trace: ReadonlyMap<string, string> | null): ReadonlyMap<string, string> {
    if (this.values.event.size === 0 && this.values.trace.size === 0) return NONE;
    const lacking = [
      ...[...this.values.event].filter(([name]) => !event.has(name)),
      ...[...this.values.trace].filter(([name]) => trace !== null && !trace.has(name)),
    ];
    return new Map(lacking);
  }
}

function scopeOf({ attributes, line }: XmlElement, xml: XmlStream): Scope {
  // The standard's default.
  const scope = attributes['scope'] ?? 'event';
  if (scope === 'trace' || scope === 'event') return scope;
  throw xml.error(`the scope of <global> is ${JSON.stringify(scope)}; allowed: trace or event`, line);
}
