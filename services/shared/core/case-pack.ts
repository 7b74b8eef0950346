import type { EventKind, LoggedEvent } from './event.ts';

/** One event without what all events of its case share; a decimal as its digits and scale. */
type Packed = [
  id: string,
  kind: EventKind,
  activity: string,
  timeMs: number,
  dimensions: Readonly<Record<string, string>>,
  value: [unscaled: string, scale: number] | null,
  target: string | null,
  importId: string | null,
  offset: number,
  appendMs: number,
];

/**
 * The events of a case as one text: a fraction of the memory of objects, and nothing that the garbage collector has to
 * follow. `unpackCase` gives them back.
 */
export function packCase(events: readonly LoggedEvent[]): string {
  const text = JSON.stringify(
    events.map(({ id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs }): Packed => {
      const decimal: Packed[5] = value === null ? null : [String(value.unscaled), value.scale];
      return [id, kind, activity, timeMs, dimensions, decimal, target, importId, offset, appendMs];
    }),
  );
  // V8 hands out a tree of pieces, each an object to follow; reading a character makes one text of them.
  text.charCodeAt(0);
  return text;
}

/** The events that `packCase` put into the text. */
export function unpackCase(workflow: string, caseId: string, text: string): LoggedEvent[] {
  return (JSON.parse(text) as Packed[]).map(
    ([id, kind, activity, timeMs, dimensions, decimal, target, importId, offset, appendMs]) => {
      const value = decimal === null ? null : { unscaled: BigInt(decimal[0]), scale: decimal[1] };
      return { workflow, caseId, id, kind, activity, timeMs, dimensions, value, target, importId, offset, appendMs };
    },
  );
}
