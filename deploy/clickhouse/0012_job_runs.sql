-- What ran when and how it ended. The row of a run is also its claim: it is there before the run begins.
CREATE TABLE IF NOT EXISTS job_runs (
  job LowCardinality(String), scheduled_ms Int64, attempt UInt32, started_ms Int64, ended_ms Nullable(Int64),
  outcome LowCardinality(String), reason String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (job, scheduled_ms)
TTL toDateTime(intDiv(scheduled_ms, 1000), 'UTC') + INTERVAL 90 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS job_history AS
SELECT job, fromUnixTimestamp64Milli(scheduled_ms, 'UTC') AS scheduled, attempt,
  fromUnixTimestamp64Milli(started_ms, 'UTC') AS started,
  if(isNull(ended_ms), NULL, fromUnixTimestamp64Milli(assumeNotNull(ended_ms), 'UTC')) AS ended, outcome, reason
FROM job_runs FINAL;
