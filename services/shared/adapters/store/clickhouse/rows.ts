import type {
  DefinitionRow,
  EventRow,
  FirstRow,
  InstanceRow,
  EpochTopicRow,
  JobRunRow,
  SeriesLimitRow,
  ServiceRow,
  SliceRow,
  TransitionRow,
  ValueRow,
} from '../../../ports/kpi-rows.ts';
import { invert } from './tables.ts';

/** A row as ClickHouse gives it in JSON; 64-bit integers are text or safe numbers. */
export type Raw = Readonly<
  Record<string, string | number | null | readonly string[] | Readonly<Record<string, string>>>
>;

const text = (row: Raw, column: string): string => String(row[column] as string | number);
const textOrNull = (row: Raw, column: string): string | null =>
  row[column] === null ? null : String(row[column] as string | number);
const number = (row: Raw, column: string): number => Number(row[column]);
const numberOrNull = (row: Raw, column: string): number | null => (row[column] === null ? null : number(row, column));
const version = (row: Raw): bigint => BigInt(row['version'] as string | number);

export function readEvent(row: Raw): EventRow {
  return {
    workflow: text(row, 'workflow'),
    partition: number(row, 'partition'),
    caseId: text(row, 'case_id'),
    id: text(row, 'id'),
    kind: text(row, 'kind') as EventRow['kind'],
    activity: text(row, 'activity'),
    timeMs: number(row, 'time_ms'),
    dimensions: row['dimensions'] as Record<string, string>,
    value: textOrNull(row, 'value'),
    target: textOrNull(row, 'target'),
    importId: textOrNull(row, 'import_id'),
    appendMs: number(row, 'append_ms'),
    offset: number(row, 'offset'),
    version: version(row),
  };
}

export function readSlice(row: Raw): SliceRow {
  return {
    definition: text(row, 'definition'),
    labels: text(row, 'labels'),
    labelPartition: number(row, 'label_partition'),
    sliceStartMs: number(row, 'slice_start_ms'),
    source: text(row, 'source'),
    samples: number(row, 'samples'),
    state: Buffer.from(text(row, 'state'), 'base64'),
    importId: textOrNull(row, 'import_id'),
    version: version(row),
  };
}

export function readValue(row: Raw): ValueRow {
  return {
    kpi: text(row, 'kpi'),
    definition: text(row, 'definition'),
    labels: text(row, 'labels'),
    labelMap: row['label_map'] as Record<string, string>,
    labelPartition: number(row, 'label_partition'),
    windowStartMs: number(row, 'window_start_ms'),
    windowEndMs: number(row, 'window_end_ms'),
    validToMs: numberOrNull(row, 'valid_to_ms'),
    value: numberOrNull(row, 'value'),
    valueExact: textOrNull(row, 'value_exact'),
    samples: number(row, 'samples'),
    state: text(row, 'state') as ValueRow['state'],
    revision: number(row, 'revision'),
    reason: text(row, 'reason'),
    withdrawn: number(row, 'withdrawn') === 1,
    version: version(row),
  };
}

export function readDefinition(row: Raw): DefinitionRow {
  return {
    hash: text(row, 'hash'),
    kpi: text(row, 'kpi'),
    workflow: text(row, 'workflow'),
    content: text(row, 'content'),
    active: number(row, 'active') === 1,
    version: version(row),
  };
}

export function readJobRun(row: Raw): JobRunRow {
  return {
    job: text(row, 'job'),
    scheduledMs: number(row, 'scheduled_ms'),
    attempt: number(row, 'attempt'),
    startedMs: number(row, 'started_ms'),
    endedMs: row['ended_ms'] === null ? null : number(row, 'ended_ms'),
    outcome: text(row, 'outcome') as JobRunRow['outcome'],
    reason: text(row, 'reason'),
    version: version(row),
  };
}

export function readService(row: Raw): ServiceRow {
  return {
    service: text(row, 'service'),
    instance: text(row, 'instance'),
    seenMs: number(row, 'seen_ms'),
    content: text(row, 'content'),
    version: version(row),
  };
}

export function readEpochTopic(row: Raw): EpochTopicRow {
  return {
    epoch: number(row, 'epoch'),
    topic: text(row, 'topic'),
    identity: text(row, 'identity'),
    partitions: number(row, 'partitions'),
    shifts: JSON.parse(text(row, 'shifts')) as readonly number[],
    version: version(row),
  };
}

export function readSeriesLimit(row: Raw): SeriesLimitRow {
  return {
    id: text(row, 'id'),
    kpis: row['kpis'] as readonly string[],
    seriesMax: number(row, 'series_max'),
    labelSets: number(row, 'label_sets'),
    admitted: row['admitted'] as readonly string[],
    version: invert(BigInt(row['inverted_version'] as string | number)),
  };
}

export function readInstance(row: Raw): InstanceRow {
  return {
    ruleHash: text(row, 'rule_hash'),
    labels: text(row, 'labels'),
    labelPartition: number(row, 'label_partition'),
    state: text(row, 'state') as InstanceRow['state'],
    content: text(row, 'content'),
    version: version(row),
  };
}

export function readFirst(row: Raw): FirstRow {
  return {
    kpi: text(row, 'kpi'),
    definition: text(row, 'definition'),
    labels: text(row, 'labels'),
    labelPartition: number(row, 'label_partition'),
    windowStartMs: number(row, 'window_start_ms'),
    windowEndMs: number(row, 'window_end_ms'),
    kind: text(row, 'kind') as FirstRow['kind'],
    value: numberOrNull(row, 'value'),
    valueExact: textOrNull(row, 'value_exact'),
    samples: number(row, 'samples'),
    imported: number(row, 'imported') === 1,
    version: invert(BigInt(row['inverted_version'] as string | number)),
  };
}

export function readTransition(row: Raw): TransitionRow {
  return {
    rule: text(row, 'rule'),
    ruleHash: text(row, 'rule_hash'),
    kpi: text(row, 'kpi'),
    labels: text(row, 'labels'),
    from: text(row, 'from_state') as TransitionRow['from'],
    to: text(row, 'to_state') as TransitionRow['to'],
    timeMs: number(row, 'time_ms'),
    episode: text(row, 'episode'),
    provisional: number(row, 'provisional') === 1,
    value: numberOrNull(row, 'value'),
    target: numberOrNull(row, 'target'),
    samples: number(row, 'samples'),
    severity: text(row, 'severity') as TransitionRow['severity'],
    notify: row['notify'] as readonly string[],
    suppressed: textOrNull(row, 'suppressed'),
    reason: text(row, 'reason'),
    partition: number(row, 'partition'),
    version: version(row),
  };
}
