import { dayStartMs } from '../calendar/date-start.ts';
import type { WindowSpec } from '../definition.ts';
import { readRfc3339 } from '../ingest/json-mapping-field.ts';
import { firstBegin } from '../window/effective.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { textOf } from './catalogue-read.ts';

const ALLOWED = 'a date such as 2026-07-01, or a time such as 2026-07-01T06:00:00Z';

/**
 * `effective` of a KPI: where the first window begins that belongs to this version of it, ms UTC. A date begins in the zone of
 * the windows, of those without one in `zone`. Null where nothing is written, or, told, where it is wrong.
 */
export function readEffective(
  value: unknown,
  path: Path,
  window: WindowSpec | null,
  { zone, problems }: { readonly zone: string; readonly problems: Problems },
): number | null {
  const text = textOf(value);
  if (text === null || window === null) return null;
  if (window.kind === 'total')
    return problems.addAtKey(
      path,
      'a window over everything begins before any date',
      'another window, or no effective',
    );
  const ofWindow = window.kind === 'shift' ? window.hours.zone : 'zone' in window ? window.zone : zone;
  const ms = dayStartMs(text, 0, ofWindow) ?? readRfc3339(text);
  return ms === null ? problems.add(path, `'${text}' is no time`, ALLOWED) : firstBegin(window, ms);
}
