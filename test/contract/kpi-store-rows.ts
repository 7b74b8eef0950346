import type {
  CaseRow,
  DefinitionRow,
  EventRow,
  JobRunRow,
  PositionRow,
  SliceRow,
  ValueRow,
} from '../../services/shared/ports/kpi-store.ts';

/** An event row, with what a test changes of it. */
export function event(changes: Partial<EventRow> = {}): EventRow {
  return {
    workflow: 'w',
    partition: 0,
    caseId: 'c1',
    id: 'e1',
    kind: 'event',
    activity: 'opened',
    timeMs: 1_700_000_000_123,
    dimensions: { team: 'north', priority: 'P1' },
    value: '-12.50',
    target: null,
    importId: null,
    appendMs: 1_700_000_001_000,
    offset: 0,
    version: 0n,
    ...changes,
  };
}

/** A case row, with what a test changes of it. */
export function caseRow(changes: Partial<CaseRow> = {}): CaseRow {
  return {
    workflow: 'w',
    partition: 0,
    caseId: 'c1',
    firstMs: 1_700_000_000_000,
    lastMs: 1_700_000_060_000,
    firstActivity: 'opened',
    lastActivity: 'closed',
    events: 2,
    dimensions: { team: 'north' },
    voided: false,
    version: 1n,
    ...changes,
  };
}

/** A slice row, with what a test changes of it. */
export function slice(changes: Partial<SliceRow> = {}): SliceRow {
  return {
    definition: 'd',
    labels: '[["team","north"]]',
    labelPartition: 0,
    sliceStartMs: 0,
    source: 'w/0',
    samples: 3,
    state: Buffer.from([0, 10, 10, 255]),
    importId: null,
    version: 1n,
    ...changes,
  };
}

/** A value row, with what a test changes of it. */
export function value(changes: Partial<ValueRow> = {}): ValueRow {
  return {
    kpi: 'k',
    definition: 'd',
    labels: '[["team","north"]]',
    labelMap: { team: 'north' },
    labelPartition: 0,
    windowStartMs: 0,
    windowEndMs: 60_000,
    validToMs: null,
    value: 1.5,
    valueExact: '1.5',
    samples: 2,
    state: 'final',
    revision: 0,
    reason: 'complete',
    withdrawn: false,
    version: 1n,
    ...changes,
  };
}

/** A position row, with what a test changes of it. */
export function position(changes: Partial<PositionRow> = {}): PositionRow {
  return { stage: 'aggregate', topic: 'events.w', partition: 0, version: 1n, content: '{"a":1}', ...changes };
}

/** A definition row, with what a test changes of it. */
export function definition(changes: Partial<DefinitionRow> = {}): DefinitionRow {
  return { hash: 'h', kpi: 'k', workflow: 'w', content: '{}', active: true, version: 1n, ...changes };
}

/** A row of a run that is under way, with what a test changes of it; its time is one that no retention has passed. */
export function jobRun(changes: Partial<JobRunRow> = {}): JobRunRow {
  const scheduledMs = 4_000_000_000_000;
  return {
    job: 'j',
    scheduledMs,
    attempt: 1,
    startedMs: scheduledMs + 5,
    endedMs: null,
    outcome: 'running',
    reason: '',
    version: 2n,
    ...changes,
  };
}
