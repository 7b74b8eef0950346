-- The evidence: every accepted event once, with its place in the log.
CREATE TABLE IF NOT EXISTS events (
  workflow LowCardinality(String), partition UInt16, case_id String, id String, kind LowCardinality(String),
  activity LowCardinality(String), time_ms Int64, dimensions Map(String, String), value Nullable(String),
  target Nullable(String), import_id Nullable(String), append_ms Int64, offset UInt64, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (workflow, partition, case_id, id)
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

-- Read model of the cases; no fold reads it.
CREATE TABLE IF NOT EXISTS cases (
  workflow LowCardinality(String), partition UInt16, case_id String, first_ms Int64, last_ms Int64,
  first_activity LowCardinality(String), last_activity LowCardinality(String), events UInt32,
  dimensions Map(String, String), voided UInt8, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (workflow, case_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What each source partition contributes to each slice of each series.
CREATE TABLE IF NOT EXISTS slices (
  definition LowCardinality(String), label_partition UInt16, labels String, slice_start_ms Int64,
  source LowCardinality(String), samples Int64, state String, import_id Nullable(String), version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (definition, label_partition, labels, slice_start_ms, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS `values` (
  kpi LowCardinality(String), definition LowCardinality(String), labels String, label_map Map(String, String),
  label_partition UInt16, window_start_ms Int64, window_end_ms Int64, valid_to_ms Nullable(Int64),
  value Nullable(Float64), value_exact Nullable(String), samples Int64, state LowCardinality(String),
  revision UInt32, reason String, withdrawn UInt8, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (definition, labels, window_end_ms)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- How far each fold is, with what it needs to go on from there.
CREATE TABLE IF NOT EXISTS positions (
  stage LowCardinality(String), topic String, partition UInt16, content String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (stage, topic, partition)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS definitions (
  hash String, kpi String, workflow String, content String, active UInt8, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS dead_letters (
  id String, workflow String, source String, code LowCardinality(String), reason String, raw String,
  time_ms Int64, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
