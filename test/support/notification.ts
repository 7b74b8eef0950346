import type { NotificationDetails } from '../../services/shared/core/notify/notification.ts';
import type { Notification } from '../../services/shared/ports/notifier.ts';

/** A test message, with what a test changes of its details. */
export function notification(key = 'k', changes: Partial<NotificationDetails> = {}): Notification {
  return {
    key,
    title: 'a title',
    body: 'a body',
    details: {
      type: 'test',
      timeMs: 1_700_000_000_000,
      rule: null,
      kpi: null,
      severity: null,
      firing: [],
      firingCount: 0,
      resolved: [],
      resolvedCount: 0,
      ...changes,
    },
  };
}
