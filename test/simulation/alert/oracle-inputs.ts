// What the alert oracle is told and what it answers, in its own words. Imports nothing from services/.

/** A rule as the oracle reads it. */
export interface OracleRule {
  readonly name: string;
  readonly hash: string;
  readonly kpi: string;
  /** Null: nothing says what the value is compared with. */
  readonly holds: (value: number, labels: string, endMs: number) => boolean | null;
  readonly recovers: ((value: number, labels: string, endMs: number) => boolean) | null;
  readonly forMs: number;
  /** Whether it is judged while somebody is at the desk alone. */
  readonly atDesk?: boolean;
  readonly minSamples: number;
  readonly provisional: boolean;
}

export interface OracleKpi {
  /** Distance of its window ends, all multiples of it. */
  readonly everyMs: number;
  readonly settleMs: number;
  /** A window without a value of its own: shows the one before it, or this. */
  readonly empty: 'carries on' | { readonly value: number | null };
}

/** A record of [values]. */
export type OracleRecord = { readonly offset: number; readonly appendMs: number } & (
  | {
      readonly kind: 'value';
      readonly kpi: string;
      readonly labels: string;
      readonly endMs: number;
      readonly value: number | null;
      readonly samples: number;
      readonly state: 'provisional' | 'final' | 'backfilling';
      readonly imported: boolean;
      readonly withdrawn: boolean;
    }
  | {
      readonly kind: 'mark';
      readonly source: string;
      readonly position: number;
      readonly watermarkMs: number | null;
      readonly imports: readonly string[];
    }
  | { readonly kind: 'control'; readonly rules: readonly string[] }
);

export interface OracleSetup {
  readonly rules: readonly OracleRule[];
  readonly kpis: Readonly<Record<string, OracleKpi>>;
  readonly sources: readonly string[];
  readonly ageMs: number;
  /** What a source may be late by: disorder and idle time-out. */
  readonly lateMs: number;
}

export interface OracleTransition {
  readonly rule: string;
  readonly labels: string;
  readonly from: string;
  readonly to: string;
  readonly timeMs: number;
  readonly provisional: boolean;
  readonly value: number | null;
  readonly samples: number;
  readonly told: boolean;
  readonly offset: number;
}

/** What a window shows. */
export interface OracleSeen {
  readonly value: number | null;
  readonly samples: number;
  readonly imported: boolean;
}

/** The first final value of a window. */
export interface OracleFirst extends OracleSeen {
  readonly offset: number;
  readonly late: boolean;
}

export interface OracleAnswer {
  readonly transitions: readonly OracleTransition[];
  /** `kpi labels end` → `kind value samples imported @offset`. */
  readonly firsts: ReadonlyMap<string, string>;
  /** `rule hash labels` → state, of the rules in force. */
  readonly states: ReadonlyMap<string, string>;
}
