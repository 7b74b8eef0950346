// What the alert fold must make of a recorded [values] partition, written anew from DESIGN.md sections 4, 5 and 7, one
// window end after the other. Imports nothing from services/.
import type {
  OracleAnswer,
  OracleFirst,
  OracleRecord,
  OracleRule,
  OracleSetup,
  OracleTransition,
} from './oracle-inputs.ts';
import { OracleInstance, type OracleMoment } from './oracle-instance.ts';
import { Reach } from './oracle-reach.ts';

interface Series {
  readonly kpi: string;
  readonly labels: string;
  readonly reach: Reach;
  /** By window end. */
  readonly firsts: Map<number, OracleFirst>;
  /** By hash of the rule. */
  readonly instances: Map<string, OracleInstance>;
}

/** The right answer for one partition. */
export class Oracle {
  private readonly setup: OracleSetup;
  private readonly series = new Map<string, Series>();
  private readonly marks = new Map<string, { position: number; watermarkMs: number; imports: readonly string[] }>();
  private inForce: readonly OracleRule[] = [];
  private nowMs = 0;
  private watermarkMs = -Infinity;
  private readonly transitions: OracleTransition[] = [];

  private constructor(setup: OracleSetup) {
    this.setup = setup;
  }

  /** What must have come of these records, all of a partition from its start. */
  static answer(setup: OracleSetup, records: readonly OracleRecord[]): OracleAnswer {
    const oracle = new Oracle(setup);
    for (const record of records) {
      oracle.nowMs = Math.max(oracle.nowMs, record.appendMs);
      if (record.kind === 'value') oracle.value(record);
      else if (record.kind === 'mark') oracle.mark(record);
      else oracle.control(record);
    }
    return oracle.answered();
  }

  /** Where the marks are in the windows of a KPI. */
  private passed(kpi: string): number {
    return this.watermarkMs - this.setup.kpis[kpi]!.settleMs;
  }

  private moment(kpi: string, offset: number): OracleMoment {
    const { kpis, ageMs, lateMs } = this.setup;
    return { offset, liveFromMs: this.nowMs - ageMs - lateMs - kpis[kpi]!.settleMs };
  }

  private newInstance(rule: OracleRule, labels: string, reach?: Reach): OracleInstance {
    return new OracleInstance(rule, this.setup.kpis[rule.kpi]!, labels, this.transitions, reach);
  }

  private value(record: OracleRecord & { readonly kind: 'value' }): void {
    const { kpi, labels, endMs, state, withdrawn, offset, value, samples, imported } = record;
    const key = `${kpi} ${labels}`;
    const series = this.series.get(key) ?? { kpi, labels, reach: new Reach(), firsts: new Map(), instances: new Map() };
    this.series.set(key, series);
    for (const rule of this.inForce)
      if (rule.kpi === kpi && !series.instances.has(rule.hash))
        series.instances.set(rule.hash, this.newInstance(rule, labels));
    const passedMs = this.passed(kpi);
    const instances = [...series.instances.values()];
    for (const reach of [series.reach, ...instances.map((instance) => instance.reach)])
      reach.sees(endMs, state === 'backfilling', passedMs);
    if (state === 'final' && !withdrawn && !series.firsts.has(endMs))
      series.firsts.set(endMs, { value, samples, imported, offset, late: endMs <= series.reach.done(passedMs) });
    const seen = state !== 'provisional' || withdrawn ? null : { value, samples, imported };
    for (const instance of instances) instance.early(endMs, seen, passedMs, this.moment(kpi, offset));
  }

  private mark(record: OracleRecord & { readonly kind: 'mark' }): void {
    const before = this.marks.get(record.source) ?? { position: -1, watermarkMs: -Infinity, imports: [] };
    const newer = record.position >= before.position;
    this.marks.set(record.source, {
      position: newer ? record.position : before.position,
      watermarkMs: Math.max(before.watermarkMs, record.watermarkMs ?? -Infinity),
      imports: newer ? record.imports : before.imports,
    });
    const heard = this.setup.sources.map((source) => this.marks.get(source));
    const lowestMs = Math.min(...heard.map((each) => each?.watermarkMs ?? -Infinity));
    const importing = heard.some((each) => (each?.imports.length ?? 0) > 0);
    for (const { kpi, firsts, reach, instances } of this.series.values()) {
      const boundMs = lowestMs - this.setup.kpis[kpi]!.settleMs;
      const moment = this.moment(kpi, record.offset);
      for (const instance of instances.values()) {
        const fromMs = instance.reach.done(this.passed(kpi));
        instance.evaluate(firsts, fromMs, instance.reach.advance(boundMs, importing), moment);
        instance.lookAtKept(boundMs, moment);
      }
      reach.advance(boundMs, importing);
    }
    this.watermarkMs = lowestMs;
  }

  private control({ rules, offset }: OracleRecord & { readonly kind: 'control' }): void {
    this.inForce = this.setup.rules.filter(({ hash }) => rules.includes(hash));
    for (const { kpi, labels, firsts, instances } of this.series.values()) {
      const passedMs = this.passed(kpi);
      for (const [hash, instance] of instances) {
        if (rules.includes(hash)) continue;
        instance.abandon(instance.reach.done(passedMs), offset);
        instances.delete(hash);
      }
      const [last] = [...firsts].filter(([endMs, { late }]) => !late && endMs <= passedMs).sort(([a], [b]) => b - a);
      for (const rule of this.inForce) {
        if (rule.kpi !== kpi || instances.has(rule.hash)) continue;
        const instance = this.newInstance(rule, labels, new Reach(passedMs));
        if (last !== undefined) instance.carry(last[1]);
        instances.set(rule.hash, instance);
      }
    }
  }

  private answered(): OracleAnswer {
    const firsts = new Map<string, string>();
    const states = new Map<string, string>();
    for (const { kpi, labels, firsts: ends, instances } of this.series.values()) {
      for (const [endMs, { late, value, samples, imported, offset }] of ends)
        firsts.set(
          `${kpi} ${labels} ${endMs}`,
          `${late ? 'late_first' : 'first'} ${value} ${samples} ${imported} @${offset}`,
        );
      for (const [hash, { state }] of instances) states.set(`${hash} ${labels}`, state);
    }
    return { transitions: this.transitions, firsts, states };
  }
}
