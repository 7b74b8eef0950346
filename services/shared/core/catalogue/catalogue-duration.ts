import type { Path, Problems } from './catalogue-problem.ts';

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d{1,12})(ms|s|m|h|d)$/;

/** Longest duration a catalogue may name: ten years. */
const DURATION_MS_MAX = 3653 * UNITS_MS.d;
/** For messages. */
const DURATION_FORM = 'a whole number and ms, s, m, h or d, such as 30s, at most 3653d';

/** Milliseconds of `500ms`, `30s`, `5m`, `4h` or `2d`; null for anything else and above ten years. */
export function parseDuration(value: unknown): number | null {
  const match = typeof value === 'string' ? PATTERN.exec(value) : null;
  if (match === null) return null;
  const ms = Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
  return ms <= DURATION_MS_MAX ? ms : null;
}

/**
 * A duration of the catalogue in milliseconds, `defaultMs` where it is absent; null, with a problem where it is a text,
 * when it is not a duration or is less than `leastMs`.
 */
export function readDuration(
  value: unknown,
  path: Path,
  problems: Problems,
  { defaultMs, leastMs }: { readonly defaultMs: number | null; readonly leastMs: number },
): number | null {
  if (value === undefined) return defaultMs;
  const ms = parseDuration(value);
  if (ms !== null && ms >= leastMs) return ms;
  if (typeof value !== 'string') return null;
  return problems.add(path, `'${value}' is no length of time here`, `${DURATION_FORM}, at least ${leastMs}ms`);
}

/** The number and unit that say `ms` with the greatest unit: 90,000 → 90 s, 3,600,000 → 1 h. */
export function durationParts(ms: number): { readonly count: number; readonly unit: keyof typeof UNITS_MS } {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNITS_MS[unit] === 0) return { count: ms / UNITS_MS[unit], unit };
  }
  return { count: ms, unit: 'ms' };
}
