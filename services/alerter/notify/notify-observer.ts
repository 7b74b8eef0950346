import type { NotifyEffect } from '../../shared/core/notify/notify-state.ts';

/** What the notify fold tells about its work, for metrics and logs. Told once, not again by a replay. */
export interface NotifyObserver {
  /** A notification was made (`pending`, no attempts yet), is to be tried again, was delivered or given up. */
  became(effect: NotifyEffect): void;
}
