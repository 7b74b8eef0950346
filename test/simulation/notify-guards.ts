import { NotifyTask } from '../../services/alerter/notify/notify-task.ts';
import { Outbox } from '../../services/alerter/notify/outbox.ts';
import { type Guard, guard, guardOf } from './take-away.ts';

/** Guards of the notify fold: DESIGN.md sections 4, 5 and 7. */
export const notifyGuards: readonly Guard[] = [
  guard('4.3', 'the state that is stored is that of the position', NotifyTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      this.nextOffset = this.catchUpOffset;
    };
  }),
  guard('4.3', 'the state is stored with its position', NotifyTask, 'collectCheckpoint', (collect) => {
    return function () {
      const { rows, position } = collect.call(this);
      return { rows, position: { ...position, content: JSON.stringify({ clockMs: 0, rules: [] }) } };
    };
  }),
  guard('7', 'nothing is sent before all that the log held is known', Outbox, 'step', (step) => {
    return function () {
      Object.defineProperty(this.options.task, 'caughtUp', { value: true, configurable: true });
      return step.call(this);
    };
  }),
  guard('7', 'a try is not repeated before its outcome is known', Outbox, 'forget', () => {
    return function () {
      this.flights.clear();
    };
  }),
  guard('7', 'outcomes are written down', Outbox, 'appendVerdicts', () => {
    return async function () {
      for (const flight of this.flights.values()) flight.appended = flight.verdict !== null;
    };
  }),
  guard('5', 'a record comes when a deadline passed', Outbox, 'appendTick', () => async () => 1_000),
  guardOf('7', 'a transition that is published again is known', 'isNews', () => () => true),
  guardOf('7', 'a suppressed firing tells nobody', 'memberAfter', (after) => {
    return (before, transition) => after(before, { ...transition, suppressed: null });
  }),
  guardOf('7', 'resolved is told only where firing was delivered', 'withNotification', (make) => {
    return (lane, ...rest) => {
      const made = make(lane, ...rest);
      return { ...made, told: made.current.tells };
    };
  }),
  guardOf('7', 'at most one notification per group interval', 'withDeadline', (withDeadline) => {
    return (lane, ...rest) => withDeadline({ ...lane, lastMs: null }, ...rest);
  }),
  guardOf('7', 'what fires and is over while it waits for others is told', 'wouldGoUntold', () => () => false),
  guardOf('7', 'Retry-After is kept', 'verdictOf', (verdict) => {
    return (outgoing, outcome, ...rest) => verdict(outgoing, { ...outcome, retryAfterMs: null }, ...rest);
  }),
  guardOf('7', 'what failed for good is not tried again', 'verdictOf', (verdict) => {
    return (outgoing, outcome, ...rest) => verdict(outgoing, { ...outcome, retryable: true }, ...rest);
  }),
];
