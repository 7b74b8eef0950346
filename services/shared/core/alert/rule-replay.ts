import { emptyState } from '../aggregate/aggregate-state.ts';
import { resultOf } from '../aggregate/result.ts';
import type { Definition } from '../definition.ts';
import { decodeLabels } from '../measure/labels.ts';
import { tumbles } from '../window/window.ts';
import { INACTIVE, type AlertEffect, type AlertInstance } from './alert-instance.ts';
import { runAlert, type Shown } from './alert-run.ts';
import type { Rule } from './rule.ts';
import { ruleFor } from './rule-limit.ts';

/** A firing of a rule on a series; times are ends of windows, milliseconds UTC. */
export interface Firing {
  readonly firedMs: number;
  /** Null: it goes on. */
  readonly endedMs: number | null;
}

/** What a rule would have made of a series, window by window, had it been there: all of them complete and none imported. */
export class RuleReplay {
  readonly firings: Firing[] = [];
  private readonly definition: Definition;
  private readonly rule: Rule;
  private instance: AlertInstance = INACTIVE;
  private carried: Shown | null = null;
  private afterMs: number | null = null;

  /** `labels`: canonical encoding. */
  constructor(definition: Definition, rule: Rule, labels: string) {
    this.definition = definition;
    this.rule = ruleFor(rule, decodeLabels(labels));
  }

  /** The next window that has a value of its own; windows come in the order of their ends. */
  see(endMs: number, value: number | null, samples: number): void {
    const shown = { value, samples, imported: false };
    this.goOn(endMs - 1);
    this.run(shown, endMs - 1, endMs);
    this.carried = afterOwnWindow(this.definition, shown);
    this.afterMs = endMs;
  }

  /** No window that ends up to `throughMs` has a value of its own any more. */
  goOn(throughMs: number): void {
    if (this.afterMs === null || this.carried === null || throughMs <= this.afterMs) return;
    this.run(this.carried, this.afterMs, throughMs);
    this.afterMs = throughMs;
  }

  private run(shown: Shown, afterMs: number, throughMs: number): void {
    const { window } = this.definition;
    const { instance, effects } = runAlert(this.rule, this.instance, window, { afterMs, throughMs }, shown, -Infinity);
    this.instance = instance;
    for (const effect of effects) this.note(effect);
  }

  private note({ from, to, look: { endMs } }: AlertEffect): void {
    if (to === 'firing') this.firings.push({ firedMs: endMs, endedMs: null });
    else if (from === 'firing') this.firings.push({ firedMs: this.firings.pop()!.firedMs, endedMs: endMs });
  }
}

/** What the windows after one show that have no value of their own: a tumbling window without events is empty. */
export function afterOwnWindow(definition: Definition, { value, samples, imported }: Shown): Shown {
  if (!tumbles(definition.window)) return { value, samples, imported };
  const { value: nothing } = resultOf(definition, emptyState(definition.aggregate));
  return { value: nothing, samples: 0, imported: false };
}
