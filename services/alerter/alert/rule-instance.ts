import {
  abandonAlert,
  type AlertEffect,
  type AlertInstance,
  INACTIVE,
  type Look,
  REASON,
  type Reason,
  stepAlert,
} from '../../shared/core/alert/alert-instance.ts';
import { quietOf, runAlert, type Shown } from '../../shared/core/alert/alert-run.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { Rule } from '../../shared/core/alert/rule.ts';
import { afterOwnWindow } from '../../shared/core/alert/rule-replay.ts';
import { ruleFor, asKept } from '../../shared/core/alert/rule-limit.ts';
import { goalAt } from '../../shared/core/goal/goal.ts';
import { decodeLabels } from '../../shared/core/measure/labels.ts';
import { lastEnd } from '../../shared/core/window/window.ts';
import type { InstanceRow } from '../../shared/ports/kpi-rows.ts';
import { Horizon, type HorizonContent, NEVER_MS } from './horizon.ts';
import type { Pending, Row } from './row.ts';

/** What a window showed before it was complete. */
interface EarlyShown extends Shown {
  readonly endMs: number;
}

/** What an instance's row holds: its state, and its own copy of everything that it reads. */
export interface InstanceContent extends AlertInstance, HorizonContent {
  readonly rule: Rule;
  /** What it saw last, which windows without a value of their own show too; null before anything. */
  readonly carried: Shown | null;
  /** What waits to be looked at early; rows of before lack it. */
  readonly early?: EarlyShown | null;
  readonly reason: Reason;
  /** Version of the record that it came up in, as text: it does not fit a number. */
  readonly born: string;
}

/** Until when which windows may be evaluated, at a mark. */
export interface EvaluationBounds {
  readonly version: bigint;
  /** Where the marks had come to before, and have now. */
  readonly passedMs: number;
  readonly boundMs: number;
  readonly importsOpen: boolean;
  /** Windows that end before are too old to tell of. */
  readonly liveFromMs: number;
}

/** A rule on one series. */
export class RuleInstance implements Row {
  readonly rule: Rule;
  /** As it is for these labels. */
  private readonly own: Rule;
  readonly labels: string;
  readonly horizon: Horizon;
  version: bigint;
  /** Version of the record that it came up in; -1: it is coming up. */
  born: bigint;
  /** The next window end at which it may change without a new value; Infinity: none. */
  nextMs = NEVER_MS;
  private readonly definition: Definition;
  private alert: AlertInstance;
  private carried: Shown | null;
  private early: EarlyShown | null;
  private reason: Reason;
  private written: InstanceContent;

  /** `rule` as the catalogue has it now: who is told may have changed, what it decides has not. */
  constructor(definition: Definition, rule: Rule, labels: string, stored: InstanceContent | null, version: bigint) {
    this.definition = definition;
    this.rule = rule;
    this.own = ruleFor(rule, decodeLabels(labels));
    this.labels = labels;
    this.version = version;
    this.horizon = stored === null ? new Horizon() : new Horizon(horizonOf(stored));
    this.alert = stored === null ? INACTIVE : alertOf(stored);
    this.carried = stored?.carried ?? null;
    this.early = stored?.early ?? null;
    this.reason = stored?.reason ?? REASON.fails;
    this.born = BigInt(stored?.born ?? -1);
    this.written = stored ?? this.content(NEVER_MS);
  }

  /** An instance of a rule that is new on a series: it goes on from the last value that was evaluated. */
  static startingAt(
    definition: Definition,
    rule: Rule,
    labels: string,
    last: Shown | null,
    evaluatedMs: number,
  ): RuleInstance {
    const horizon: HorizonContent = { evaluatedMs, behind: false, holdFromMs: null, mayRelease: false };
    const carried = last === null ? null : afterOwnWindow(definition, last);
    return new RuleInstance(
      definition,
      rule,
      labels,
      { ...INACTIVE, ...horizon, rule, carried, reason: REASON.fails, born: '-1' },
      -1n,
    );
  }

  /** What its KPI is to reach in the window that ends then; null: nothing is said. */
  targetAt(endMs: number): number | null {
    return goalAt(this.own.target, endMs);
  }

  get state(): AlertInstance['state'] {
    return this.alert.state;
  }

  /** No mark below it changes anything. */
  get dueMs(): number {
    return this.horizon.isBehind ? NEVER_MS : this.nextMs;
  }

  /** Evaluates the windows that marks have passed. Gives the effects, and whether its row changed. */
  evaluate(waiting: readonly Pending[], bounds: EvaluationBounds): { effects: AlertEffect[]; changed: boolean } {
    const { version, passedMs, boundMs, importsOpen, liveFromMs } = bounds;
    let afterMs = this.horizon.at(passedMs);
    const { limitMs, changed: moved } = this.horizon.advance(boundMs, importsOpen);
    const effects: AlertEffect[] = [];
    let changed = moved;
    for (const pending of waiting) {
      if (pending.endMs <= afterMs || pending.version > version) continue;
      if (pending.endMs > limitMs) break;
      this.run(this.carried, afterMs, pending.endMs - 1, liveFromMs, effects);
      this.run(pending, pending.endMs - 1, pending.endMs, liveFromMs, effects);
      this.carried = afterOwnWindow(this.definition, pending);
      afterMs = pending.endMs;
      changed = true;
    }
    this.run(this.carried, afterMs, limitMs, liveFromMs, effects);
    const looked = this.lookAtWaiting(boundMs, liveFromMs);
    effects.push(...looked.effects);
    return { effects, changed: changed || looked.changed || effects.length > 0 };
  }

  /** All windows that end in (afterMs, throughMs] show the same. */
  private run(
    shown: Shown | null,
    afterMs: number,
    throughMs: number,
    liveFromMs: number,
    effects: AlertEffect[],
  ): void {
    this.nextMs = Infinity;
    if (shown === null) return;
    const span = { afterMs, throughMs };
    const {
      instance,
      effects: some,
      reason,
      nextMs,
    } = runAlert(this.own, this.alert, this.definition.window, span, shown, liveFromMs);
    this.alert = instance;
    this.reason = reason ?? this.reason;
    this.nextMs = nextMs;
    effects.push(...some);
  }

  /**
   * Looks at a window that is not complete; one that is behind keeps the last of them until a mark, because windows
   * before it come first. Gives its effect, and whether its row changed.
   */
  lookEarly(
    endMs: number,
    shown: Shown,
    passedMs: number,
    liveFromMs: number,
  ): { effects: AlertEffect[]; changed: boolean } {
    const unchanged = { effects: [], changed: false };
    if (!this.rule.provisional || endMs <= this.horizon.at(passedMs)) return unchanged;
    if (this.horizon.isBehind) {
      this.early = { endMs, ...shown };
      return { effects: [], changed: true };
    }
    const { value, samples, imported } = shown;
    const look: Look = { endMs, value, samples, provisional: true, quiet: quietOf(endMs, imported, liveFromMs) };
    const step = stepAlert(this.own, this.alert, look);
    if (step.instance === this.alert) return unchanged;
    this.alert = step.instance;
    this.reason = step.reason;
    this.nextMs = NEVER_MS;
    return { effects: step.effect === null ? [] : [step.effect], changed: true };
  }

  /** What waited is looked at once nothing before it does. */
  private lookAtWaiting(passedMs: number, liveFromMs: number): { effects: AlertEffect[]; changed: boolean } {
    if (this.early === null || this.horizon.isBehind) return { effects: [], changed: false };
    const { endMs, ...shown } = this.early;
    this.early = null;
    return { effects: this.lookEarly(endMs, shown, passedMs, liveFromMs).effects, changed: true };
  }

  /** A window shows something else by now, which is not to be looked at early. Gives whether its row changed. */
  forgetEarly(endMs: number): boolean {
    if (this.early?.endMs !== endMs) return false;
    this.early = null;
    return true;
  }

  /** The rule is gone: what it began ends. */
  abandon(passedMs: number): AlertEffect[] {
    const { sinceMs, actedMs } = this.alert;
    const seenMs = lastEnd(this.definition.window, Math.max(this.horizon.at(passedMs), 0));
    const endMs = Math.max(seenMs, sinceMs ?? seenMs, actedMs ?? seenMs);
    const { value, samples } = this.carried ?? { value: null, samples: 0 };
    const effect = abandonAlert(this.alert, { endMs, value, samples, provisional: false, quiet: null });
    this.alert = INACTIVE;
    this.reason = REASON.ruleGone;
    return effect === null ? [] : [effect];
  }

  /** Its row changed at `version`. */
  touch(version: bigint, passedMs: number): void {
    this.version = version;
    if (this.born < 0n) this.born = version;
    this.written = this.content(passedMs);
  }

  row(labelPartition: number): InstanceRow {
    const { labels, version, written } = this;
    const content = JSON.stringify(written);
    return { ruleHash: this.rule.hash, labels, labelPartition, state: written.state, content, version };
  }

  private content(passedMs: number): InstanceContent {
    const { alert, carried, early, reason, born } = this;
    const rule = asKept(this.rule);
    return { rule, ...alert, ...this.horizon.content(passedMs), carried, early, reason, born: String(born) };
  }
}

function alertOf({ state, sinceMs, told, actedMs }: InstanceContent): AlertInstance {
  return { state, sinceMs, told, actedMs };
}

function horizonOf({ evaluatedMs, behind, holdFromMs, mayRelease }: InstanceContent): HorizonContent {
  return { evaluatedMs, behind, holdFromMs, mayRelease };
}
