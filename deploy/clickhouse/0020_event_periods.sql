-- Events by the period of their workflow's retention: a period leaves the archive as a whole. Period 0 stays for ever, so
-- without a retention there is one partition, as before. Every statement may be repeated: whatever stands as `events` has
-- all rows.
DROP TABLE IF EXISTS events_by_period;

CREATE TABLE events_by_period (
  workflow LowCardinality(String), partition UInt16, case_id String, id String, kind LowCardinality(String),
  activity LowCardinality(String), time_ms Int64, dimensions Map(String, String), value Nullable(String),
  target Nullable(String), import_id Nullable(String), append_ms Int64, offset UInt64, version UInt64, period UInt32
) ENGINE = ReplacingMergeTree(version)
PARTITION BY (if(period = 0, '', toString(workflow)), period) ORDER BY (workflow, partition, case_id, id, period)
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE events ADD COLUMN IF NOT EXISTS period UInt32;

INSERT INTO events_by_period (
  workflow, partition, case_id, id, kind, activity, time_ms, dimensions, value, target, import_id, append_ms, offset, version, period
)
SELECT workflow, partition, case_id, id, kind, activity, time_ms, dimensions, value, target, import_id, append_ms, offset, version, period
FROM events;

EXCHANGE TABLES events AND events_by_period;

DROP TABLE events_by_period;
