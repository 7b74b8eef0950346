import type { DefinitionRow, EventRow, JobRunRow, SliceRow, ValueRow } from '../../../ports/kpi-store.ts';

/** A row as ClickHouse gives it in JSON; 64-bit integers are text or safe numbers. */
export type Raw = Readonly<Record<string, string | number | null | Readonly<Record<string, string>>>>;

const text = (row: Raw, column: string): string => String(row[column] as string | number);
const textOrNull = (row: Raw, column: string): string | null =>
  row[column] === null ? null : String(row[column] as string | number);
const number = (row: Raw, column: string): number => Number(row[column]);
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
    validToMs: row['valid_to_ms'] === null ? null : number(row, 'valid_to_ms'),
    value: row['value'] === null ? null : number(row, 'value'),
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
