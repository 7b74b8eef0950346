import { randomUUID } from 'node:crypto';
import { didYouMean, listed } from '../core/catalogue/catalogue-problem.ts';
import { TaktError } from '../core/errors.ts';
import type { NotificationDetails } from '../core/notify/notification.ts';
import { notificationText } from '../core/notify/notification-text.ts';
import type { Clock } from '../ports/clock.ts';
import type { Notifier } from '../ports/notifier.ts';

/** Characters of an unknown name that a message shows. */
const NAME_SHOWN_CHARS_MAX = 100;

/**
 * Sends a test message to a channel, once; gives the key it went out under. Throws CHANNEL_UNKNOWN, and NOTIFY_FAILED
 * with the reason when the receiver did not take it.
 */
export async function testChannel(
  name: string,
  channels: ReadonlyMap<string, Notifier>,
  clock: Clock,
): Promise<{ readonly channel: string; readonly key: string }> {
  const notifier = channels.get(name);
  if (notifier === undefined) {
    const shown = name.slice(0, NAME_SHOWN_CHARS_MAX);
    const names = [...channels.keys()];
    throw new TaktError(
      'CHANNEL_UNKNOWN',
      `the catalogue has no channel ${JSON.stringify(shown)}${didYouMean(shown, names)}; known: ${listed(names)}.`,
    );
  }
  const nothing = { rule: null, kpi: null, severity: null, firing: [], firingCount: 0, resolved: [], resolvedCount: 0 };
  const details: NotificationDetails = { type: 'test', timeMs: clock.nowMs(), ...nothing };
  const key = `test_${randomUUID()}`;
  const text = notificationText(details, { name: '', unit: '', zone: 'UTC' });
  const outcome = await notifier.send({ key, ...text, details });
  if (outcome.outcome === 'delivered') return { channel: name, key };
  throw new TaktError(
    'NOTIFY_FAILED',
    `${name} did not take the test message: ${outcome.reason}.\nMend the channel in the catalogue, or its receiver, then try again.`,
  );
}
