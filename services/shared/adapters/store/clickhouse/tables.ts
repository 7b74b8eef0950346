import type { EventRow, TableName, TableRows } from '../../../ports/kpi-rows.ts';
import type { RowBinaryWriter } from './row-binary-writer.ts';

const VERSION_MAX = 2n ** 64n - 1n;

interface Table<T extends TableName> {
  /** Column names and types, in the order in which `write` writes them. */
  readonly structure: string;
  write(out: RowBinaryWriter, row: TableRows[T]): void;
}

const EVENT_COLUMNS =
  'workflow String, partition UInt16, case_id String, id String, kind String, activity String, time_ms Int64, dimensions Map(String, String), value Nullable(String), target Nullable(String), import_id Nullable(String), append_ms Int64, offset UInt64, version UInt64';

function writeEvent(out: RowBinaryWriter, row: EventRow): void {
  out.string(row.workflow);
  out.uint16(row.partition);
  out.string(row.caseId);
  out.string(row.id);
  out.string(row.kind);
  out.string(row.activity);
  out.int64(row.timeMs);
  out.map(row.dimensions);
  out.stringOrNull(row.value);
  out.stringOrNull(row.target);
  out.stringOrNull(row.importId);
  out.int64(row.appendMs);
  out.uint64(row.offset);
  out.uint64(row.version);
}

/** How the rows of each table become RowBinary; the columns are those of deploy/clickhouse. */
export const TABLES: { readonly [T in TableName]: Table<T> } = {
  events: { structure: EVENT_COLUMNS, write: writeEvent },
  retained_events: {
    structure: `${EVENT_COLUMNS}, period UInt32`,
    write(out, row) {
      writeEvent(out, row);
      out.uint32(row.period);
    },
  },
  cases: {
    structure:
      'workflow String, partition UInt16, case_id String, first_ms Int64, last_ms Int64, first_activity String, last_activity String, events UInt32, dimensions Map(String, String), voided UInt8, version UInt64',
    write(out, row) {
      out.string(row.workflow);
      out.uint16(row.partition);
      out.string(row.caseId);
      out.int64(row.firstMs);
      out.int64(row.lastMs);
      out.string(row.firstActivity);
      out.string(row.lastActivity);
      out.uint32(row.events);
      out.map(row.dimensions);
      out.uint8(row.voided ? 1 : 0);
      out.uint64(row.version);
    },
  },
  slices: {
    structure:
      'definition String, label_partition UInt16, labels String, slice_start_ms Int64, source String, samples Int64, state String, import_id Nullable(String), version UInt64',
    write(out, row) {
      out.string(row.definition);
      out.uint16(row.labelPartition);
      out.string(row.labels);
      out.int64(row.sliceStartMs);
      out.string(row.source);
      out.int64(row.samples);
      out.bytes(row.state);
      out.stringOrNull(row.importId);
      out.uint64(row.version);
    },
  },
  values: {
    structure:
      'kpi String, definition String, labels String, label_map Map(String, String), label_partition UInt16, window_start_ms Int64, window_end_ms Int64, valid_to_ms Nullable(Int64), value Nullable(Float64), value_exact Nullable(String), samples Int64, state String, revision UInt32, reason String, withdrawn UInt8, version UInt64',
    write(out, row) {
      out.string(row.kpi);
      out.string(row.definition);
      out.string(row.labels);
      out.map(row.labelMap);
      out.uint16(row.labelPartition);
      out.int64(row.windowStartMs);
      out.int64(row.windowEndMs);
      out.nullable(row.validToMs, (ms) => out.int64(ms));
      out.nullable(row.value, (value) => out.float64(value));
      out.stringOrNull(row.valueExact);
      out.int64(row.samples);
      out.string(row.state);
      out.uint32(row.revision);
      out.string(row.reason);
      out.uint8(row.withdrawn ? 1 : 0);
      out.uint64(row.version);
    },
  },
  positions: {
    structure: 'stage String, topic String, partition UInt16, content String, version UInt64',
    write(out, row) {
      out.string(row.stage);
      out.string(row.topic);
      out.uint16(row.partition);
      out.string(row.content);
      out.uint64(row.version);
    },
  },
  definitions: {
    structure: 'hash String, kpi String, workflow String, content String, active UInt8, version UInt64',
    write(out, row) {
      out.string(row.hash);
      out.string(row.kpi);
      out.string(row.workflow);
      out.string(row.content);
      out.uint8(row.active ? 1 : 0);
      out.uint64(row.version);
    },
  },
  dead_letters: {
    structure:
      'id String, workflow String, source String, code String, reason String, raw String, time_ms Int64, version UInt64, event_ms Nullable(Int64), content String',
    write(out, row) {
      out.string(row.id);
      out.string(row.workflow);
      out.string(row.source);
      out.string(row.code);
      out.string(row.reason);
      out.bytes(row.raw);
      out.int64(row.timeMs);
      out.uint64(row.version);
      out.nullable(row.eventMs, (ms) => out.int64(ms));
      out.string(row.content === null ? '' : JSON.stringify(row.content));
    },
  },
  redrives: {
    structure:
      'id String, time_ms Int64, way String, outcome String, code String, reason String, events UInt32, version UInt64',
    write(out, row) {
      out.string(row.id);
      out.int64(row.timeMs);
      out.string(row.way);
      out.string(row.outcome);
      out.string(row.code);
      out.string(row.reason);
      out.uint32(row.events);
      out.uint64(row.version);
    },
  },
  job_runs: {
    structure:
      'job String, scheduled_ms Int64, attempt UInt32, started_ms Int64, ended_ms Nullable(Int64), outcome String, reason String, version UInt64',
    write(out, row) {
      out.string(row.job);
      out.int64(row.scheduledMs);
      out.uint32(row.attempt);
      out.int64(row.startedMs);
      out.nullable(row.endedMs, (ms) => out.int64(ms));
      out.string(row.outcome);
      out.string(row.reason);
      out.uint64(row.version);
    },
  },
  services: {
    structure: 'service String, instance String, seen_ms Int64, content String, version UInt64',
    write(out, row) {
      out.string(row.service);
      out.string(row.instance);
      out.int64(row.seenMs);
      out.string(row.content);
      out.uint64(row.version);
    },
  },
  epoch_topics: {
    structure: 'epoch UInt16, topic String, identity String, partitions UInt16, shifts String, version UInt64',
    write(out, row) {
      out.uint16(row.epoch);
      out.string(row.topic);
      out.string(row.identity);
      out.uint16(row.partitions);
      out.string(JSON.stringify(row.shifts));
      out.uint64(row.version);
    },
  },
  series_limits: {
    structure:
      'id String, kpis Array(String), series_max UInt32, label_sets UInt64, admitted Array(String), inverted_version UInt64',
    write(out, row) {
      out.string(row.id);
      out.strings(row.kpis);
      out.uint32(row.seriesMax);
      out.uint64(row.labelSets);
      out.strings(row.admitted);
      out.uint64(invert(row.version));
    },
  },
  instances: {
    structure: 'rule_hash String, labels String, label_partition UInt16, state String, content String, version UInt64',
    write(out, row) {
      out.string(row.ruleHash);
      out.string(row.labels);
      out.uint16(row.labelPartition);
      out.string(row.state);
      out.string(row.content);
      out.uint64(row.version);
    },
  },
  firsts: {
    structure:
      'kpi String, definition String, labels String, label_partition UInt16, window_start_ms Int64, window_end_ms Int64, kind String, value Nullable(Float64), value_exact Nullable(String), samples Int64, imported UInt8, inverted_version UInt64',
    write(out, row) {
      out.string(row.kpi);
      out.string(row.definition);
      out.string(row.labels);
      out.uint16(row.labelPartition);
      out.int64(row.windowStartMs);
      out.int64(row.windowEndMs);
      out.string(row.kind);
      out.nullable(row.value, (value) => out.float64(value));
      out.stringOrNull(row.valueExact);
      out.int64(row.samples);
      out.uint8(row.imported ? 1 : 0);
      out.uint64(invert(row.version));
    },
  },
  transitions: {
    structure:
      'rule String, rule_hash String, kpi String, labels String, from_state String, to_state String, time_ms Int64, episode String, provisional UInt8, value Nullable(Float64), target Nullable(Float64), samples Int64, severity String, notify Array(String), suppressed Nullable(String), reason String, partition UInt16, version UInt64',
    write(out, row) {
      out.string(row.rule);
      out.string(row.ruleHash);
      out.string(row.kpi);
      out.string(row.labels);
      out.string(row.from);
      out.string(row.to);
      out.int64(row.timeMs);
      out.string(row.episode);
      out.uint8(row.provisional ? 1 : 0);
      out.nullable(row.value, (value) => out.float64(value));
      out.nullable(row.target, (value) => out.float64(value));
      out.int64(row.samples);
      out.string(row.severity);
      out.strings(row.notify);
      out.stringOrNull(row.suppressed);
      out.string(row.reason);
      out.uint16(row.partition);
      out.uint64(row.version);
    },
  },
  notifications: {
    structure:
      'key String, channel String, rule String, state String, attempts UInt32, next_ms Nullable(Int64), created_ms Int64, title String, body String, reason String, version UInt64',
    write(out, row) {
      out.string(row.key);
      out.string(row.channel);
      out.string(row.rule);
      out.string(row.state);
      out.uint32(row.attempts);
      out.nullable(row.nextMs, (ms) => out.int64(ms));
      out.int64(row.createdMs);
      out.string(row.title);
      out.string(row.body);
      out.string(row.reason);
      out.uint64(row.version);
    },
  },
};

/** The store keeps the highest version; of `firsts` and `series_limits` the lowest is to stay. Its own inverse. */
export function invert(version: bigint): bigint {
  return VERSION_MAX - version;
}
