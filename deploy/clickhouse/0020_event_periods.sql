-- Events by the period of their workflow's retention: a period leaves the archive as a whole. Period 0 stays for ever, so
-- without a retention there is one partition, as before. Every statement may be repeated: whatever stands as `events` has
-- all rows, and the period is not copied, because what was there before has none.
DROP TABLE IF EXISTS events_by_period;

CREATE TABLE events_by_period (
  workflow LowCardinality(String), partition UInt16, case_id String, id String, kind LowCardinality(String),
  activity LowCardinality(String), time_ms Int64, dimensions Map(String, String), value Nullable(String),
  target Nullable(String), import_id Nullable(String), append_ms Int64, offset UInt64, version UInt64, period UInt32
) ENGINE = ReplacingMergeTree(version)
PARTITION BY (if(period = 0, '', toString(workflow)), period) ORDER BY (workflow, partition, case_id, id, period)
SETTINGS index_granularity = 512, fsync_after_insert = 1, fsync_part_directory = 1;

INSERT INTO events_by_period (
  workflow, partition, case_id, id, kind, activity, time_ms, dimensions, value, target, import_id, append_ms, offset, version
)
SELECT workflow, partition, case_id, id, kind, activity, time_ms, dimensions, value, target, import_id, append_ms, offset, version
FROM events;

EXCHANGE TABLES events AND events_by_period;

DROP TABLE events_by_period;
