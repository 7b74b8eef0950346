import type { Workflow } from './catalogue/catalogue.ts';

/** An import whose end has not come is closed after this much append time without its records. */
export const IMPORT_SILENCE_MS = 60_000;

/** How far a source partition is in time. Everything in it follows from its records alone; it is part of the position. */
export interface PartitionTime {
  /** Running maximum of append times: the fold's only clock. */
  readonly clockMs: number;
  /** Event time up to which the partition is complete; null before anything told. */
  readonly watermarkMs: number | null;
  /** Append time of the last live event; null before the first. */
  readonly lastEventMs: number | null;
  /** Open imports, with the append time of their last record. */
  readonly openImports: Readonly<Record<string, number>>;
}

export const TIME_START: PartitionTime = { clockMs: 0, watermarkMs: null, lastEventMs: null, openImports: {} };

/** What of a record moves time. */
export type TimeInput =
  | { readonly type: 'event'; readonly timeMs: number; readonly importId: string | null }
  | { readonly type: 'tick' }
  | {
      readonly type: 'import';
      readonly importId: string;
      readonly phase: 'begin' | 'end';
      readonly maxEventMs: number | null;
    }
  | { readonly type: 'control' };

/**
 * The watermark rules of DESIGN.md section 5: an event moves it to min(event time, append time) - disorder, so that a
 * wrong clock cannot push it past now; a tick only after real silence in the log, so that a stalled owner that ticks a
 * busy partition does no harm; imported records never; an import's end to the greatest event time of the import.
 */
export function stepTime(before: PartitionTime, input: TimeInput, appendMs: number, workflow: Workflow): PartitionTime {
  const clockMs = Math.max(before.clockMs, appendMs);
  const openImports = expire(before.openImports, clockMs);
  let { watermarkMs, lastEventMs } = before;
  const raise = (toMs: number): void => {
    watermarkMs = watermarkMs === null ? toMs : Math.max(watermarkMs, toMs);
  };
  let imports = openImports;
  if (input.type === 'event') {
    if (input.importId !== null) imports = { ...imports, [input.importId]: clockMs };
    else {
      lastEventMs = clockMs;
      raise(Math.min(input.timeMs, appendMs) - workflow.disorderMs);
    }
  } else if (input.type === 'tick') {
    const silent = lastEventMs === null || clockMs - lastEventMs >= workflow.idleTimeoutMs;
    if (silent) raise(clockMs - workflow.idleTimeoutMs - workflow.disorderMs);
  } else if (input.type === 'import' && input.phase === 'begin') imports = { ...imports, [input.importId]: clockMs };
  else if (input.type === 'import') {
    const { [input.importId]: _ended, ...others } = imports;
    imports = others;
    if (input.maxEventMs !== null) raise(Math.min(input.maxEventMs, appendMs) - workflow.disorderMs);
  }
  return { clockMs, watermarkMs, lastEventMs, openImports: imports };
}

function expire(imports: PartitionTime['openImports'], clockMs: number): PartitionTime['openImports'] {
  // Asked for every event: mostly no import is open, and nothing is to be made.
  let over = false;
  for (const id in imports) over ||= clockMs - imports[id]! > IMPORT_SILENCE_MS;
  if (!over) return imports;
  return Object.fromEntries(Object.entries(imports).filter(([, lastMs]) => clockMs - lastMs <= IMPORT_SILENCE_MS));
}
