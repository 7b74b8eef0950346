import { CASE_BYTES_MAX } from '../../processor/aggregate/case-cache.ts';
import { FILL_EVENTS_MAX } from '../../processor/definition-changes.ts';
import { SLICES_PER_WINDOW_MAX } from '../../shared/core/window/window.ts';
import { BACKLOG_ROWS_MAX } from '../../shared/runtime/fold/fold-runner.ts';
import { VALUE_ROWS_MAX } from '../../wallboard/values.ts';

/** Limits of parts that do not tell them themselves, as /metrics names them. */
export const LIMITS = {
  fold_backlog_rows_max: BACKLOG_ROWS_MAX,
  fold_case_bytes_in_memory_max: CASE_BYTES_MAX,
  fill_events_max: FILL_EVENTS_MAX,
  values_rows_max: VALUE_ROWS_MAX,
  rolling_window_slices_max: SLICES_PER_WINDOW_MAX,
};
