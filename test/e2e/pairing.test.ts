import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { type Embedded, openEmbedded, temporaryDirectory } from '../support/embedded.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.parse('2026-03-02T09:00:00Z');
const duration = (from: string, to: string): string =>
  `measure: { duration: { from: { each: ${from} }, to: { each: ${to} } } }, by: [case], window: total, unit: min`;
/** Entry stands before Exit in the catalogue, and leave before come: it decides at equal times. */
const CATALOGUE = `version: 1
workflows:
  line: { activities: [Entry, Exit, leave, come], dimensions: [case] }
kpis:
  busy: { workflow: line, aggregate: sum, ${duration('Entry', 'Exit')} }
  stays: { workflow: line, aggregate: count, ${duration('Entry', 'Exit')} }
  inside: { workflow: line, measure: { open: { from: { each: Entry }, to: { each: Exit } } }, by: [case], window: { every: 1m } }
  away: { workflow: line, aggregate: count, ${duration('come', 'leave')} }
`;

/** Activities by minute; pairs as they must be found, worked out by hand: minutes in sum, how many, how many open. */
const CASES: readonly {
  readonly name: string;
  readonly events: readonly (readonly [activity: string, minute: number])[];
  readonly busy: number | null;
  readonly stays: number;
  readonly inside: number;
}[] = [
  {
    name: 'one stay',
    events: [
      ['Entry', 0],
      ['Exit', 5],
    ],
    busy: 5,
    stays: 1,
    inside: 0,
  },
  // First in, first out: 0 to 10 and 3 to 14.
  {
    name: 'two entries before two exits',
    events: [
      ['Entry', 0],
      ['Entry', 3],
      ['Exit', 10],
      ['Exit', 14],
    ],
    busy: 21,
    stays: 2,
    inside: 0,
  },
  {
    name: 'an exit before its entry',
    events: [
      ['Exit', 1],
      ['Entry', 2],
      ['Exit', 9],
    ],
    busy: 7,
    stays: 1,
    inside: 0,
  },
  { name: 'only an exit', events: [['Exit', 1]], busy: null, stays: 0, inside: 0 },
  {
    name: 'an entry without an exit',
    events: [
      ['Entry', 1],
      ['Exit', 2],
      ['Entry', 4],
    ],
    busy: 1,
    stays: 1,
    inside: 1,
  },
  {
    name: 'two entries, one exit',
    events: [
      ['Entry', 0],
      ['Entry', 1],
      ['Exit', 6],
    ],
    busy: 6,
    stays: 1,
    inside: 1,
  },
  {
    name: 'equal times',
    events: [
      ['Exit', 5],
      ['Entry', 5],
    ],
    busy: 0,
    stays: 1,
    inside: 0,
  },
  {
    name: 'two stays that meet',
    events: [
      ['Entry', 0],
      ['Exit', 5],
      ['Exit', 8],
      ['Entry', 5],
    ],
    busy: 8,
    stays: 2,
    inside: 0,
  },
];

let folder: ReturnType<typeof temporaryDirectory>;
let takt: Embedded | null = null;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(async () => {
  await takt?.stop();
  takt = null;
  folder.remove();
});

function eventsOf(name: string, list: readonly (readonly [string, number])[]): WorkflowEvent[] {
  return list.map(([activity, minute], i) => ({
    workflow: 'line',
    caseId: name,
    id: `${i}`,
    kind: 'event',
    activity,
    timeMs: START_MS + minute * MINUTE_MS,
    dimensions: { case: name },
    value: null,
    target: null,
    importId: null,
  }));
}

async function open(): Promise<Embedded> {
  const file = join(folder.path, 'catalogue.yaml');
  writeFileSync(file, CATALOGUE);
  takt = await openEmbedded(folder.path, file);
  return takt;
}

async function valuesOf(embedded: Embedded, kpi: string): Promise<Record<string, number | null>> {
  const rows = await embedded.rows<{ name: string; value: number | null }>(
    `SELECT labels['case'] AS name, value FROM kpi_current WHERE kpi = '${kpi}'`,
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** What is not as it was worked out by hand. No row and none left are the same: nothing was ever there. */
async function wrongPairs(embedded: Embedded): Promise<string[]> {
  const [busy, stays, inside] = [
    await valuesOf(embedded, 'busy'),
    await valuesOf(embedded, 'stays'),
    await valuesOf(embedded, 'inside'),
  ];
  return CASES.flatMap((expected) => {
    const { name } = expected;
    const found = [busy[name] ?? (expected.busy === null ? null : 0), stays[name] ?? 0, inside[name] ?? 0];
    const wanted = [expected.busy, expected.stays, expected.inside];
    return found.join() === wanted.join() ? [] : [`${name}: ${found.join()} instead of ${wanted.join()}`];
  });
}

test('pairs worked out by hand, in whatever order the events come', { timeout: 120_000 }, async () => {
  const embedded = await open();
  for (const { name, events } of CASES) await embedded.append(eventsOf(name, events));
  await embedded.settled();
  expect(Object.keys(await valuesOf(embedded, 'busy')).length).toBeGreaterThanOrEqual(7);
  expect(await wrongPairs(embedded)).toEqual([]);
});

test('the same one by one and backwards, each stored before the next', { timeout: 240_000 }, async () => {
  const embedded = await open();
  const longest = Math.max(...CASES.map(({ events }) => events.length));
  for (let i = longest - 1; i >= 0; i--) {
    await embedded.append(CASES.flatMap(({ name, events }) => eventsOf(name, events).slice(i, i + 1)));
    await embedded.settled();
  }
  expect(await wrongPairs(embedded)).toEqual([]);
});

test(
  'at equal times the order in the catalogue decides: where the exit stands first, nothing is paired',
  { timeout: 60_000 },
  async () => {
    const embedded = await open();
    await embedded.append(
      eventsOf('equal', [
        ['come', 5],
        ['leave', 5],
      ]),
    );
    await embedded.append(
      eventsOf('in turn', [
        ['come', 5],
        ['leave', 6],
      ]),
    );
    await embedded.settled();
    const away = await valuesOf(embedded, 'away');
    expect([away['equal'] ?? 0, away['in turn']]).toEqual([0, 1]);
  },
);
