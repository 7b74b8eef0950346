-- What reads a dead letter again: the time of its event, and what could be read of it (JSON).
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS event_ms Nullable(Int64), ADD COLUMN IF NOT EXISTS content String;

-- What became of dead letters: one row for each try.
CREATE TABLE IF NOT EXISTS redrives (
  id String, time_ms Int64, way LowCardinality(String), outcome LowCardinality(String), code LowCardinality(String),
  reason String, events UInt32, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every dead letter with what became of it last. state: open, accepted or rejected.
CREATE OR REPLACE VIEW dead_letter_list AS
SELECT id, workflow, source, code, reason, raw, fromUnixTimestamp64Milli(time_ms, 'UTC') AS kept_at,
  if(outcome IN ('accepted', 'rejected'), outcome, 'open') AS state,
  if(outcome = '', NULL, fromUnixTimestamp64Milli(tried_ms, 'UTC')) AS tried_at, way, outcome, tried_reason, events
FROM (SELECT id, workflow, source, code, reason, raw, time_ms FROM dead_letters FINAL) AS letter
LEFT JOIN (
  SELECT id, argMax(redrives.outcome, redrives.version) AS outcome, argMax(redrives.time_ms, redrives.version) AS tried_ms,
    argMax(redrives.way, redrives.version) AS way, argMax(redrives.reason, redrives.version) AS tried_reason,
    argMax(redrives.events, redrives.version) AS events
  FROM redrives GROUP BY id
) AS tried USING (id);
