-- The evidence of workflows with a retention, once it cut something off: as in `events`, which then has none of theirs. A
-- period leaves as a whole; what goes on after it stands once more in a later one.
CREATE TABLE IF NOT EXISTS retained_events (
  workflow LowCardinality(String), partition UInt16, case_id String, id String, kind LowCardinality(String),
  activity LowCardinality(String), time_ms Int64, dimensions Map(String, String), value Nullable(String),
  target Nullable(String), import_id Nullable(String), append_ms Int64, offset UInt64, version UInt64, period UInt32
) ENGINE = ReplacingMergeTree(version)
PARTITION BY (workflow, period) ORDER BY (workflow, partition, case_id, id, period)
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

-- All evidence there is. Of a workflow with a retention an event may stand in two periods, until the earlier one leaves.
CREATE OR REPLACE VIEW event_archive AS
SELECT *, toUInt32(0) AS period FROM events UNION ALL SELECT * FROM retained_events;
