/** The KPIs of a ring, from one of them back to it: a KPI that is computed from itself. */
export type Ring = readonly string[];

/** The shortest ring that a KPI is part of, or null; `namesOf`: the KPIs that one is computed from directly. */
export function ringOf(key: string, namesOf: (key: string) => readonly string[]): Ring | null {
  const cameFrom = new Map<string, string>();
  const waiting = [key];
  for (const current of waiting) {
    for (const name of namesOf(current)) {
      if (name === key) return [...wayTo(current, key, cameFrom), key];
      if (cameFrom.has(name)) continue;
      cameFrom.set(name, current);
      waiting.push(name);
    }
  }
  return null;
}

function wayTo(end: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let at = end; at !== start; way.unshift(at)) at = cameFrom.get(at)!;
  return way;
}
