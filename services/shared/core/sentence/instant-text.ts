import { Temporal } from 'temporal-polyfill';
import type { WindowSpec } from '../definition.ts';

/** A time in the zone of windows, as people of any language read it: `2026-07-01 00:00 (Asia/Shanghai)`. */
export function instantText(ms: number, window: WindowSpec): string {
  const zone = window.kind === 'shift' ? window.hours.zone : 'zone' in window ? window.zone : 'UTC';
  const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
  const time = local.toPlainTime().toString({ smallestUnit: 'minute' });
  return `${local.toPlainDate().toString()} ${time} (${zone})`;
}
