import type { Definition } from '../../core/definition.ts';
import { lastEndBefore } from '../../core/window/effective.ts';
import { sliceEnd, sliceStart, TOTAL_END_MS, tumbles } from '../../core/window/window.ts';
import { nextBeginMs } from '../../core/window/window-to-date.ts';
import type { EventSpan } from '../../core/verify/measure-sql.ts';
import { workflowsOf } from '../../core/formula/derived.ts';
import { pageMsMax } from '../../core/verify/derived-inputs.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import { CALENDAR_WINDOWS_MAX } from '../../core/verify/sql-windows.ts';
import type { WindowEnds } from '../../core/verify/window-ends.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** Rows of values that one statement gives, but for those of one window end. */
const PAGE_ROWS = 50_000;

interface Bound {
  readonly ms: string | number | null;
}

/**
 * The windows of a KPI that are final by `watermarkMs`, in pages that one statement can answer. Of a total, which never
 * ends, there is one page. `span`: of the events of its workflows.
 */
export async function* verifyPages(
  definition: Definition,
  span: EventSpan,
  range: VerifyRange,
  watermarkMs: number | null,
  source: Pick<VerifySource, 'rows'>,
): AsyncIterable<WindowEnds> {
  const { window, hash, settleMs, effectiveMs } = definition;
  if (window.kind === 'total') {
    yield { afterMs: Number.MIN_SAFE_INTEGER, untilMs: TOTAL_END_MS };
    return;
  }
  if (watermarkMs === null) return;
  const ms = async (sql: string): Promise<number> => {
    const [row] = await source.rows<Bound>(sql);
    return row === undefined || row.ms === null ? Infinity : Number(row.ms);
  };
  const rows = `FROM \`values\` WHERE definition = ${quoted(hash)} AND withdrawn = 0 AND window_end_ms`;
  const firstEnd = (afterMs: number): Promise<number> =>
    ms(`SELECT minOrNull(window_end_ms) AS ms ${rows} > ${afterMs}`);
  const lastMs = Math.min(range.toMs ?? Infinity, watermarkMs - settleMs);
  let afterMs = range.fromMs ?? Math.min(span.firstMs, await firstEnd(Number.MIN_SAFE_INTEGER)) - 1;
  if (effectiveMs !== undefined) afterMs = Math.max(afterMs, lastEndBefore(window, effectiveMs));
  while (afterMs < lastMs) {
    const full = await ms(
      `SELECT window_end_ms AS ms ${rows} > ${afterMs} ORDER BY window_end_ms LIMIT 1 OFFSET ${PAGE_ROWS}`,
    );
    let untilMs = Math.min(lastMs, full);
    const ofCalendar = tumbles(window) || window.kind === 'to-date';
    if (ofCalendar) untilMs = Math.min(untilMs, boundAfter(window, afterMs));
    untilMs = Math.min(untilMs, afterMs + pageMsMax(definition, afterMs));
    yield { afterMs, untilMs };
    afterMs = untilMs;
    if (!ofCalendar) continue;
    // Years without an event have no windows to look at.
    const events = `FROM event_archive WHERE workflow IN (${workflowsOf(definition).map(quoted).join(', ')}) AND time_ms`;
    const last = await ms(`SELECT maxOrNull(time_ms) AS ms ${events} < ${afterMs}`);
    if (window.kind === 'to-date' && last !== Infinity && nextBeginMs(window, last) > afterMs) continue;
    const next = Math.min(
      await ms(`SELECT minOrNull(time_ms) AS ms ${events} >= ${afterMs}`),
      (await firstEnd(afterMs)) - 1,
    );
    afterMs = next === Infinity ? lastMs : Math.max(afterMs, sliceStart(window, next));
  }
}

/** End of the last window of a page that begins there. */
function boundAfter(window: Definition['window'], afterMs: number): number {
  let endMs = sliceStart(window, afterMs);
  for (let windows = 0; windows < CALENDAR_WINDOWS_MAX; windows++) endMs = sliceEnd(window, endMs);
  return endMs;
}
