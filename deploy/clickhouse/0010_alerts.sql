-- Alert instances, with all that the alert fold needs of them; 'watching' rows stand for series.
CREATE TABLE IF NOT EXISTS instances (
  rule_hash LowCardinality(String), labels String, label_partition UInt16, state LowCardinality(String),
  content String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (rule_hash, labels)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was first known of each window. The version is inverted: the lowest wins.
CREATE TABLE IF NOT EXISTS firsts (
  kpi LowCardinality(String), definition LowCardinality(String), labels String, label_partition UInt16,
  window_start_ms Int64, window_end_ms Int64, kind LowCardinality(String), value Nullable(Float64),
  value_exact Nullable(String), samples Int64, imported UInt8, inverted_version UInt64
) ENGINE = ReplacingMergeTree(inverted_version) ORDER BY (definition, labels, window_end_ms, kind)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS transitions (
  rule LowCardinality(String), rule_hash LowCardinality(String), kpi LowCardinality(String), labels String,
  from_state LowCardinality(String), to_state LowCardinality(String), time_ms Int64, episode String,
  provisional UInt8, value Nullable(Float64), target Nullable(Float64), samples Int64,
  severity LowCardinality(String), notify Array(String), suppressed Nullable(String), reason String,
  partition UInt16, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (rule, labels, episode, time_ms, to_state)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row per episode: from when a condition began to hold until it ended. Times are clipped to what DateTime64 can show.
CREATE OR REPLACE VIEW alert_history AS
WITH -2208988800000 AS lowest_ms, 9999999999999 AS highest_ms
SELECT rule, kpi, severity,
  mapFromArrays(arrayMap(x -> x[1], pairs), arrayMap(x -> x[2], pairs)) AS labels,
  episode, state,
  fromUnixTimestamp64Milli(least(greatest(began_ms, lowest_ms), highest_ms), 'UTC') AS began_at,
  if(fired = 0, NULL, fromUnixTimestamp64Milli(least(greatest(fired_ms, lowest_ms), highest_ms), 'UTC')) AS fired_at,
  if(state != 'inactive', NULL, fromUnixTimestamp64Milli(least(greatest(last_ms, lowest_ms), highest_ms), 'UTC'))
    AS ended_at,
  value, target, samples, provisional, suppressed, reason
FROM (
  SELECT rule, episode, JSONExtract(transitions.labels, 'Array(Array(String))') AS pairs,
    any(transitions.kpi) AS kpi, argMax(transitions.severity, (time_ms, version)) AS severity,
    argMax(to_state, (time_ms, version)) AS state, min(time_ms) AS began_ms, max(time_ms) AS last_ms,
    countIf(to_state = 'firing') AS fired, minIf(time_ms, to_state = 'firing') AS fired_ms,
    -- What was seen when it fired, else when it began.
    argMin(tuple(transitions.value), (to_state != 'firing', time_ms)).1 AS value,
    argMin(tuple(transitions.target), (to_state != 'firing', time_ms)).1 AS target,
    argMin(transitions.samples, (to_state != 'firing', time_ms)) AS samples,
    argMin(transitions.provisional, (to_state != 'firing', time_ms)) = 1 AS provisional,
    if(countIf(to_state = 'firing' AND transitions.suppressed IS NULL) > 0, NULL,
      argMin(tuple(transitions.suppressed), (to_state != 'firing', time_ms)).1) AS suppressed,
    argMax(transitions.reason, (time_ms, version)) AS reason
  -- takt's own rules are left out: its heartbeat fires every minute.
  FROM transitions FINAL WHERE NOT startsWith(rule, 'takt_')
  GROUP BY rule, transitions.labels, episode
);
