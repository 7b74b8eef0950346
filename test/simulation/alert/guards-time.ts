import { RuleInstance } from '../../../services/alerter/alert/rule-instance.ts';
import { Horizon } from '../../../services/alerter/alert/horizon.ts';
import { SeriesBook } from '../../../services/alerter/alert/series-book.ts';
import { ValueSources } from '../../../services/alerter/alert/value-sources.ts';
import { type Guard, guard, guardOf } from '../take-away.ts';

interface StoredRow {
  readonly state: string;
  readonly content: string;
}

/** What rows hold of an alert is lost when they are read. */
function forgetting(name: string, change: (content: Record<string, unknown>) => object): Guard {
  return guard('16', name, SeriesBook, 'load', (load) => {
    return function (rows: readonly StoredRow[], ...rest) {
      const changed = rows.map((row) => {
        if (row.state === 'watching') return row;
        const content = JSON.parse(row.content) as Record<string, unknown>;
        return { ...row, content: JSON.stringify({ ...content, ...change(content) }) };
      });
      return load.call(this, changed, ...rest);
    };
  });
}

let keys = 0;

/** Guards of time and of who is told: DESIGN.md sections 5 and 7, reliability 15 and 16. */
export const timeGuards: readonly Guard[] = [
  guard('5', 'a window waits for the marks of every source', ValueSources, 'watermark', () => {
    return function (workflow: string, partitions: number) {
      const times = Array.from({ length: partitions }, (_, p) => this.now[`${workflow}/${p}`]?.watermarkMs ?? null);
      const known = times.filter((timeMs) => timeMs !== null);
      return known.length === 0 ? null : Math.max(...known);
    };
  }),
  guard('5', 'a mark of an older position takes nothing back', ValueSources, 'step', (step) => {
    return function (mark) {
      this.states.delete(mark.source);
      return step.call(this, mark);
    };
  }),
  guard('5', 'windows that an import fills wait for its end', Horizon, 'hold', () => () => false),
  guard('5', 'an import that no mark told of is over with its value', Horizon, 'filled', () => () => false),
  guard('5', 'a mark that does not know of an import yet ends nothing', Horizon, 'advance', (advance) => {
    return function (...bounds) {
      if (this.now.holdFromMs !== null) this.now = { ...this.now, mayRelease: true };
      return advance.call(this, ...bounds);
    };
  }),
  guard('5', 'provisional values step only rules that ask for them', RuleInstance, 'lookEarly', (lookEarly) => {
    return function (...look) {
      const { rule } = this;
      this.rule = { ...rule, provisional: true };
      const looked = lookEarly.call(this, ...look);
      this.rule = rule;
      return looked;
    };
  }),
  guard(
    '5',
    'a provisional value of a series that is behind waits for a mark',
    RuleInstance,
    'lookEarly',
    (lookEarly) => {
      return function (...look) {
        return this.horizon.isBehind ? { effects: [], changed: false } : lookEarly.call(this, ...look);
      };
    },
  ),
  guard(
    '5',
    'what waits to be looked at early goes when its window is complete',
    RuleInstance,
    'forgetEarly',
    () => () => false,
  ),
  guardOf('5', 'a window that was acted on early is not looked at again', 'stepAlert', (step) => {
    return (rule, before, look) => step(rule, { ...before, actedMs: null }, look);
  }),
  guardOf('5', 'windows inside an import tell nobody', 'runAlert', (run) => {
    return (rule, before, window, span, shown, liveFromMs) =>
      run(rule, before, window, span, { ...shown, imported: false }, liveFromMs);
  }),
  guardOf('5', 'old windows tell nobody', 'runAlert', (run) => {
    return (rule, before, window, span, shown) => run(rule, before, window, span, shown, -Infinity);
  }),
  guardOf('5', 'what still holds in the first live window fires then', 'stepAlert', (step) => {
    return (rule, before, look) => step(rule, { ...before, told: before.state === 'firing' }, look);
  }),
  guardOf('7', 'the end of what was told is told', 'stepAlert', (step) => {
    return (rule, before, look) => step(rule, { ...before, told: before.told && look.quiet === null }, look);
  }),
  guardOf('7', 'a window without a value or with too few samples is no recovery', 'stepAlert', (step) => {
    return (rule, before, look) =>
      step({ ...rule, minSamples: 0 }, before, look.value === null ? { ...look, value: 0 } : look);
  }),
  guardOf('7', 'windows that show the same are looked at where their limit changes', 'limitChangesAfter', () => {
    return () => Infinity;
  }),
  guardOf('7', 'a rule with hours begins and fires in them alone', 'isJudged', () => () => true),
  guardOf('7', '`for` counts the hours of a rule alone', 'heldForLong', () => {
    return ({ forMs }, sinceMs, endMs) => endMs - sinceMs >= forMs;
  }),
  guardOf('7', 'what holds outside the hours of a rule is looked at when they begin', 'judgedAgainMs', () => {
    return () => Infinity;
  }),
  guardOf('7', 'a rule acts on the limit of its labels', 'ruleFor', (ruleFor) => {
    return (rule) => ruleFor(rule, { team: '0.0' });
  }),
  guardOf('15', 'an episode has the same key whoever computes it', 'episodeOf', (episodeOf) => {
    return (...instance) => `${episodeOf(...instance)} ${keys++}`;
  }),
  guardOf('15', 'a rule that comes back begins other episodes', 'episodeOf', (episodeOf) => {
    return (ruleHash, labels, _born, sinceMs) => episodeOf(ruleHash, labels, 0n, sinceMs);
  }),
  forgetting('an instance goes on in its state', () => ({ state: 'inactive', sinceMs: null, told: false })),
  forgetting('an instance knows since when its condition holds', ({ state, sinceMs, evaluatedMs }) => {
    return state === 'pending' ? { sinceMs: Math.max(Number(sinceMs), Number(evaluatedMs)) } : {};
  }),
  forgetting('an instance knows whether somebody was told', () => ({ told: false })),
  forgetting('an instance knows what its last window showed', () => ({ carried: null })),
];
