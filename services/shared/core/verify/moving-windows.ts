import type { Definition } from '../definition.ts';
import { isBetween, sliceEnd, sliceStart, windowStart } from '../window/window.ts';
import { NotChecked, onlyKeys } from './not-checked.ts';
import { labelsSql } from './sql-labels.ts';
import { quoted } from './sql-text.ts';
import type { WindowEnds } from './window-ends.ts';

/** Which windows of what moves with time are asked for. */
export interface WantedWindows {
  /** What the statement defines before, `expression AS name` each. */
  readonly tables: readonly string[];
  /** SQL of the windows, from `changes` (labels, time): labels, end_ms and start_ms, each once. */
  readonly sql: string;
  /** The latest of their ends, milliseconds UTC. */
  readonly untilMs: number;
}

/**
 * Those that end in `ends` and must have a row because something changed in their last part, and those that have one:
 * which others must have one depends on how time went. Throws NotChecked.
 */
export function windowsWithRows(definition: Definition, ends: WindowEnds): WantedWindows {
  const { tables, endOf, startOf, firstMs } = boundsOf(definition, ends);
  return {
    tables,
    untilMs: ends.untilMs,
    sql: `SELECT DISTINCT labels, end_ms, ${startOf} AS start_ms FROM (
    SELECT labels, toInt64(${endOf}) AS end_ms FROM changes WHERE time >= ${firstMs}
    UNION ALL SELECT ${labelsSql(definition)} AS labels, toInt64(window_end_ms) AS end_ms FROM \`values\`
    WHERE definition = ${quoted(definition.hash)} AND withdrawn = 0
  ) WHERE end_ms > ${ends.afterMs} AND end_ms <= ${ends.untilMs}`,
  };
}

/** Those that end at one of `ends` (at least one), of all labels that anything is known of; whether they have a row or not. */
export function windowsEndingAt({ window }: Definition, ends: readonly number[]): WantedWindows {
  const starts = ends.map((endMs) => windowStart(window, endMs));
  return {
    tables: [`${tableOf(ends)} AS wanted_ends`, `${tableOf(starts)} AS wanted_starts`],
    untilMs: ends.reduce((last, endMs) => Math.max(last, endMs)),
    sql: `SELECT labels, arrayJoin(wanted_ends) AS end_ms, wanted_starts[indexOf(wanted_ends, end_ms)] AS start_ms
  FROM (SELECT DISTINCT labels FROM changes)`,
  };
}

function tableOf(numbers: readonly number[]): string {
  return `CAST([${numbers.join(',')}], 'Array(Int64)')`;
}

interface Bounds {
  readonly tables: readonly string[];
  /** SQL of the end of the window in whose last part a `time` lies (0: in none), and of the start of the one that ends at `end_ms`. */
  readonly endOf: string;
  readonly startOf: string;
  /** Changes before it lie in no window that was asked for. */
  readonly firstMs: number;
}

function boundsOf({ window }: Definition, { afterMs, untilMs }: WindowEnds): Bounds {
  switch (window.kind) {
    case 'instant':
    case 'rolling': {
      onlyKeys(window, ['kind', 'sizeMs', 'everyMs'], 'window');
      const endOf = `time - positiveModulo(time, ${window.everyMs}) + ${window.everyMs}`;
      const sizeMs = window.kind === 'rolling' ? window.sizeMs : 0;
      return { tables: [], endOf, startOf: `end_ms - ${sizeMs}`, firstMs: afterMs - window.everyMs };
    }
    case 'tumbling':
    case 'to-date':
    case 'shift': {
      const keys = ['unit', 'zone', 'fiscalMonth', 'fiscalWeeks', 'everyMs', 'hours', 'only'];
      onlyKeys(window, ['kind', ...keys], 'window');
      const bounds = [sliceStart(window, afterMs)];
      while (bounds.at(-1)! < untilMs) bounds.push(sliceEnd(window, bounds.at(-1)!));
      const begins = bounds.map((endMs) => windowStart(window, endMs));
      // What lies between two shifts ends where no window does.
      const ends = bounds.map((endMs) => (isBetween(window, endMs - 1) ? 0 : endMs));
      return {
        tables: [`${tableOf(bounds)} AS bounds`, `${tableOf(begins)} AS begins`, `${tableOf(ends)} AS bound_ends`],
        endOf: 'bound_ends[indexOf(bounds, roundDown(time, bounds)) + 1]',
        startOf: 'begins[indexOf(bounds, end_ms)]',
        firstMs: bounds[0]!,
      };
    }
    default:
      throw new NotChecked(`window ${String((window as { readonly kind: unknown }).kind)} of what moves with time`);
  }
}
