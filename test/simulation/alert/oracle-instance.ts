// A rule on a series, for the alert oracle, written anew from DESIGN.md sections 5 and 7. Imports nothing from services/.
import type { OracleFirst, OracleKpi, OracleRule, OracleSeen, OracleTransition } from './oracle-inputs.ts';
import { atDeskBefore, deskMs } from './oracle-desk.ts';
import { Reach } from './oracle-reach.ts';

/** The record in hand. */
export interface OracleMoment {
  readonly offset: number;
  /** Windows that end before are too old to tell of. */
  readonly liveFromMs: number;
}

export class OracleInstance {
  readonly rule: OracleRule;
  readonly reach: Reach;
  state: 'inactive' | 'pending' | 'firing' = 'inactive';
  private readonly kpi: OracleKpi;
  private readonly labels: string;
  private readonly told: OracleTransition[];
  private sinceMs = 0;
  private somebodyKnows = false;
  private actedMs = -Infinity;
  private carried: OracleSeen | null = null;
  private kept: (OracleSeen & { readonly endMs: number }) | null = null;

  /** `transitions`: where to write down what comes about. */
  constructor(
    rule: OracleRule,
    kpi: OracleKpi,
    labels: string,
    transitions: OracleTransition[],
    reach: Reach = new Reach(),
  ) {
    this.rule = rule;
    this.kpi = kpi;
    this.labels = labels;
    this.told = transitions;
    this.reach = reach;
  }

  /** What the windows after one show that have no value of their own. */
  carry(own: OracleSeen): void {
    const { empty } = this.kpi;
    this.carried = empty === 'carries on' ? own : { value: empty.value, samples: 0, imported: false };
  }

  /** Evaluates every window that ends in (fromMs, limitMs], one after the other. */
  evaluate(firsts: ReadonlyMap<number, OracleFirst>, fromMs: number, limitMs: number, moment: OracleMoment): void {
    const { everyMs } = this.kpi;
    let startMs = Math.floor(fromMs / everyMs + 1) * everyMs;
    if (startMs > limitMs) return;
    if (this.carried === null) {
      startMs = Infinity;
      for (const [endMs, { late }] of firsts)
        if (!late && endMs > fromMs && endMs <= limitMs) startMs = Math.min(startMs, endMs);
    }
    for (let endMs = startMs; endMs <= limitMs; endMs += everyMs) {
      const first = firsts.get(endMs);
      const own = first === undefined || first.late ? undefined : first;
      this.look(endMs, own ?? this.carried!, false, moment);
      if (own !== undefined) this.carry(own);
    }
  }

  /** A value of a window that no mark has passed; null: the window shows nothing any more that is to be looked at early. */
  early(endMs: number, seen: OracleSeen | null, passedMs: number, moment: OracleMoment): void {
    if (seen === null && this.kept?.endMs === endMs) this.kept = null;
    if (seen === null || !this.rule.provisional || endMs <= this.reach.done(passedMs)) return;
    if (this.reach.waits) this.kept = { ...seen, endMs };
    else this.look(endMs, seen, true, moment);
  }

  /** After a mark: what was kept while windows before it waited. */
  lookAtKept(passedMs: number, moment: OracleMoment): void {
    if (this.kept === null || this.reach.waits) return;
    const { endMs, ...seen } = this.kept;
    this.kept = null;
    this.early(endMs, seen, passedMs, moment);
  }

  /** One window: the table of Prometheus' states, with what takt adds. */
  look(endMs: number, seen: OracleSeen, early: boolean, moment: OracleMoment): void {
    const { rule } = this;
    if (endMs <= this.actedMs) return;
    const has = seen.value !== null && seen.samples >= rule.minSamples;
    const verdict = has ? rule.holds(seen.value!, this.labels, endMs) : null;
    const enough = verdict !== null;
    const holds = verdict === true;
    const atDesk = rule.atDesk === true;
    const judged = !atDesk || atDeskBefore(endMs);
    if (early && !(holds && judged)) return;
    if (early) this.actedMs = endMs;
    const news = !seen.imported && endMs >= moment.liveFromMs;
    const go = (to: OracleInstance['state'], told: boolean): void => {
      const from = this.state;
      if (from === 'inactive') this.sinceMs = endMs;
      const { value, samples } = seen;
      const what = { rule: rule.name, labels: this.labels, from, to, timeMs: endMs, provisional: early };
      this.told.push({ ...what, value, samples, told, offset: moment.offset });
      this.state = to;
      this.somebodyKnows = to === 'firing' && told;
    };
    const heldMs = this.state !== 'pending' ? 0 : atDesk ? deskMs(this.sinceMs, endMs) : endMs - this.sinceMs;
    if (this.state === 'inactive' && holds && judged) go(rule.forMs === 0 ? 'firing' : 'pending', news);
    else if (this.state === 'pending' && !holds) go('inactive', news);
    else if (this.state === 'pending' && judged && heldMs >= rule.forMs) go('firing', news);
    else if (this.state === 'firing' && enough) {
      const over = rule.recovers === null ? !holds : rule.recovers(seen.value!, this.labels, endMs);
      if (over && !early) {
        if (!this.somebodyKnows) go('inactive', false);
        else if (news) go('inactive', true);
      } else if (holds && judged && !this.somebodyKnows && news) go('firing', true);
    }
  }

  /** Its rule is gone. `doneMs`: up to where it is evaluated. */
  abandon(doneMs: number, offset: number): void {
    const { state: from, sinceMs, actedMs, labels } = this;
    if (from === 'inactive') return;
    const { everyMs } = this.kpi;
    const timeMs = Math.max(Math.floor(doneMs / everyMs) * everyMs, sinceMs, actedMs);
    const { value, samples } = this.carried ?? { value: null, samples: 0 };
    const what = { rule: this.rule.name, labels, from, to: 'inactive', timeMs, provisional: false };
    this.told.push({ ...what, value, samples, told: from === 'firing' && this.somebodyKnows, offset });
  }
}
