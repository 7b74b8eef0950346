import { encodeLabels } from '../../services/shared/core/measure/labels.ts';
import type { TransitionMessage } from '../../services/shared/core/messages.ts';

/** A window end of whole minutes, as milliseconds UTC. */
export const MINUTE_MS = 60_000;
export const FIRST_MS = 1_700_002_800_000;

/** A transition of the instance of `team` at window end number `minute`; its version rises with the minute. */
export function transition(
  team: string,
  to: TransitionMessage['to'],
  minute: number,
  changes: Partial<TransitionMessage> = {},
): TransitionMessage {
  return {
    type: 'transition',
    rule: 'slow',
    ruleHash: 'hash',
    kpi: 'first_response_time',
    labels: encodeLabels({ team }),
    from: to === 'firing' ? 'inactive' : 'firing',
    to,
    timeMs: FIRST_MS + minute * MINUTE_MS,
    episode: `${team} ${minute}`,
    provisional: false,
    value: 48.25,
    target: 30,
    samples: 12,
    severity: 'page',
    notify: ['hook'],
    suppressed: null,
    reason: to === 'firing' ? 'value > target' : 'value < target',
    version: BigInt(minute),
    partition: 0,
    ...changes,
  };
}
