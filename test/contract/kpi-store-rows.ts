import type {
  CaseRow,
  DeadLetterRow,
  DefinitionRow,
  EventRow,
  JobRunRow,
  FirstRow,
  InstanceRow,
  PositionRow,
  RedriveRow,
  SliceRow,
  TransitionRow,
  ValueRow,
} from '../../services/shared/ports/kpi-rows.ts';

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

/** An alert instance's row, with what a test changes of it. */
export function instance(changes: Partial<InstanceRow> = {}): InstanceRow {
  const plain = { ruleHash: 'r', labels: '[["team","north"]]', labelPartition: 0, state: 'firing' } as const;
  return { ...plain, content: '{"since":1}', version: 1n, ...changes };
}

/** The row of a window's first value, with what a test changes of it. */
export function first(changes: Partial<FirstRow> = {}): FirstRow {
  return {
    kpi: 'k',
    definition: 'd',
    labels: '[["team","north"]]',
    labelPartition: 0,
    windowStartMs: 0,
    windowEndMs: 60_000,
    kind: 'first',
    value: 1.5,
    valueExact: '1.5',
    samples: 2,
    imported: false,
    version: 1n,
    ...changes,
  };
}

/** A transition's row, with what a test changes of it. */
export function transition(changes: Partial<TransitionRow> = {}): TransitionRow {
  return {
    rule: 'slow',
    ruleHash: 'r',
    kpi: 'k',
    labels: '[["team","north"]]',
    from: 'pending',
    to: 'firing',
    timeMs: 60_000,
    episode: 'e',
    provisional: false,
    value: 31.5,
    target: 30,
    samples: 5,
    severity: 'page',
    notify: ['support-oncall', 'shout'],
    suppressed: null,
    reason: 'it held for 10m',
    partition: 0,
    version: 1n,
    ...changes,
  };
}

/** A dead letter's row, with what a test changes of it. */
export function deadLetter(changes: Partial<DeadLetterRow> = {}): DeadLetterRow {
  return {
    id: 'l1',
    workflow: 'w',
    source: 'http:json',
    code: 'EVENT_INVALID',
    reason: 'time: it is missing',
    raw: Buffer.from([0, 10, 10, 255]),
    timeMs: 1_700_000_000_000,
    eventMs: null,
    content: null,
    version: 1n,
    ...changes,
  };
}

/** The row of a try to get a dead letter in, with what a test changes of it. */
export function redrive(changes: Partial<RedriveRow> = {}): RedriveRow {
  return {
    id: 'l1',
    timeMs: 1_700_000_060_000,
    way: 'redriven',
    outcome: 'accepted',
    code: '',
    reason: '',
    events: 1,
    version: 10n,
    ...changes,
  };
}
