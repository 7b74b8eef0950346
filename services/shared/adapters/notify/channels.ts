import type { Channel } from '../../core/notify/channel.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notifier } from '../../ports/notifier.ts';
import { readSecret } from '../../runtime/secret-place.ts';
import { LogNotifier } from './log-notifier.ts';
import { WebhookNotifier } from './webhook-notifier.ts';

/** What channels are made with. */
export interface ChannelSetting {
  readonly clock: Clock;
  /** Where secrets are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes a line of a log channel, without its end. */
  readonly writeLine: (line: string) => void;
}

/** The notifier of a channel of the catalogue. */
export function notifierOf(channel: Channel, { clock, environment, writeLine }: ChannelSetting): Notifier {
  if (channel.kind === 'log') return new LogNotifier(writeLine);
  const { url, secret, headers, allowPrivate } = channel;
  const entries = Object.entries(headers);
  return new WebhookNotifier({
    url,
    secret: secret === null ? null : () => readSecret(secret, environment),
    async headers() {
      const read: Record<string, string> = {};
      for (const [name, value] of entries)
        read[name] = typeof value === 'string' ? value : await readSecret(value, environment);
      return read;
    },
    allowPrivate,
    clock,
  });
}
