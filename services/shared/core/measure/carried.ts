/**
 * The dimensions of a case by name, as its events so far have left them: each event's own stand in for those before.
 * Never changed in place: most cases share the object of an event.
 */
export type Carried = Readonly<Record<string, string>>;

/** Of a case without events. */
export const NOTHING_CARRIED: Carried = {};

/** The dimensions after an event with dimensions of its `own`; one of the two objects wherever it says it all. */
export function carryOn(before: Carried, own: Carried): Carried {
  if (own === before || !changes(own, before)) return before;
  for (const name in before) if (!Object.hasOwn(own, name)) return { ...before, ...own };
  return own;
}

function changes(own: Carried, before: Carried): boolean {
  for (const name in own) if (!Object.hasOwn(before, name) || before[name] !== own[name]) return true;
  return false;
}

/** The value of one dimension, or undefined where no event gave it. Names such as `constructor` are like any other. */
export function carriedOf(carried: Carried, name: string): string | undefined {
  return Object.hasOwn(carried, name) ? carried[name] : undefined;
}
