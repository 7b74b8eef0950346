import { readFileSync } from 'node:fs';
import type { Definition } from '../../../services/shared/core/definition.ts';
import type { Rule } from '../../../services/shared/core/alert/rule.ts';
import { parseCatalogue } from '../../../services/shared/runtime/catalogue-file.ts';
import type { OracleKpi, OracleRule, OracleSetup } from './oracle-inputs.ts';

export const PARTITIONS = 2;
export const SOURCES = ['sim/0', 'sim/1'];
/** A whole hour. */
export const START_MS = 1_700_002_800_000;
export const MINUTE_MS = 60_000;

/** By minute: 3 before midnight, 5 after it, of the first team of the first partition; 6 in all of the second one's. */
const PLAN = `team,from,to,value
0.0,2023-11-14,2023-11-14,4320
0.0,2023-11-15,2023-11-15,7200
1.0,2023-11-14,2023-11-15,17280
`;

const { catalogue: parsed, problems } = parseCatalogue(
  readFileSync('test/simulation/alert/alerts.yaml', 'utf8'),
  'alerts.yaml',
  { calendarVersion: 'test', plans: new Map([['plan.csv', { text: PLAN }]]) },
);
if (parsed === null) throw new Error(JSON.stringify(problems));
export const catalogue = parsed;
/** By hash. */
export const definitions = new Map<string, Definition>(
  [...catalogue.kpis.values()].map(({ definition }) => [definition.hash, definition]),
);
/** By hash. */
export const rules = new Map<string, Rule>([...catalogue.rules.values()].map((rule) => [rule.hash, rule]));

/** What the oracle knows of the KPIs, said anew. */
const kpis: Readonly<Record<string, OracleKpi>> = {
  total: { everyMs: MINUTE_MS, settleMs: 0, empty: 'carries on' },
  middle: { everyMs: MINUTE_MS, settleMs: 2 * MINUTE_MS, empty: 'carries on' },
  share: { everyMs: 60 * MINUTE_MS, settleMs: 0, empty: { value: null } },
  tally: { everyMs: 60 * MINUTE_MS, settleMs: 0, empty: { value: 0 } },
  stock: { everyMs: MINUTE_MS, settleMs: 0, empty: 'carries on' },
};

const above10 = (value: number): boolean => value > 10;
const below5 = (value: number): boolean => value < 5;
/** The target of `total`: of the first team of a partition always, of the others from midnight on. */
function targetOf(labels: string, endMs: number): number | null {
  const isNextDay = endMs > START_MS + 60 * MINUTE_MS;
  if (/"\d\.0"/.test(labels)) return isNextDay ? 14 : 8;
  return isNextDay ? 12 : null;
}

/** What is planned for the three minutes of a window of `total`: something on two days only. */
function plannedOf(labels: string, endMs: number): number | null {
  const midnightMs = START_MS + 60 * MINUTE_MS;
  const dayMs = 24 * 60 * MINUTE_MS;
  const planned = [3, 2, 1]
    .map((back) => endMs - back * MINUTE_MS)
    .filter((startMs) => startMs >= midnightMs - dayMs && startMs < midnightMs + dayMs);
  if (planned.length === 0) return null;
  if (labels.includes('"1.0"')) return planned.length * 6;
  if (!labels.includes('"0.0"')) return null;
  return planned.reduce((sum, startMs) => sum + (startMs < midnightMs ? 3 : 5), 0);
}

const said: Readonly<Record<string, Omit<OracleRule, 'name' | 'hash' | 'kpi'>>> = {
  behind: {
    holds: (value, labels, endMs) => {
      const planned = plannedOf(labels, endMs);
      return planned === null ? null : value < planned * 0.5;
    },
    recovers: (value, labels, endMs) => value >= plannedOf(labels, endMs)!,
    forMs: 2 * MINUTE_MS,
    minSamples: 0,
    provisional: false,
  },
  'off-target': {
    holds: (value, labels, endMs) => {
      const target = targetOf(labels, endMs);
      return target === null ? null : value > target;
    },
    recovers: (value, labels, endMs) => value < targetOf(labels, endMs)! * 0.5,
    forMs: MINUTE_MS,
    minSamples: 0,
    provisional: false,
  },
  'at-once': { holds: above10, recovers: null, forMs: 0, minSamples: 0, provisional: false },
  held: { holds: above10, recovers: below5, forMs: 2 * MINUTE_MS, minSamples: 2, provisional: false },
  early: { holds: above10, recovers: null, forMs: MINUTE_MS, minSamples: 0, provisional: true },
  'at-desk': {
    holds: above10,
    recovers: below5,
    forMs: 2 * MINUTE_MS,
    atDesk: true,
    minSamples: 0,
    provisional: false,
  },
  'early-at-desk': { holds: above10, recovers: null, forMs: 0, atDesk: true, minSamples: 0, provisional: true },
  'piled-at-desk': {
    holds: above10,
    recovers: null,
    forMs: 15 * MINUTE_MS,
    atDesk: true,
    minSamples: 0,
    provisional: false,
  },
  slow: { holds: above10, recovers: null, forMs: 3 * MINUTE_MS, minSamples: 1, provisional: false },
  low: { holds: (value) => value <= 5, recovers: above10, forMs: 0, minSamples: 1, provisional: false },
  hourly: { holds: above10, recovers: below5, forMs: 60 * MINUTE_MS, minSamples: 1, provisional: false },
  'none-came': { holds: below5, recovers: null, forMs: 0, minSamples: 0, provisional: false },
  'many-came': { holds: above10, recovers: null, forMs: 0, minSamples: 0, provisional: true },
  'piled-up': { holds: above10, recovers: null, forMs: 5 * MINUTE_MS, minSamples: 0, provisional: false },
};

export const oracleSetup: OracleSetup = {
  rules: [...rules.values()].map(({ name, hash, kpi }) => ({ name, hash, kpi, ...said[name]! })),
  kpis,
  sources: SOURCES,
  ageMs: 10 * MINUTE_MS,
  lateMs: 40_000,
};
