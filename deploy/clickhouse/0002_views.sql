-- Every value that stands. valid_to: when the window ends by itself, or the next row of the series begins.
CREATE VIEW IF NOT EXISTS kpi_history AS
SELECT kpi, label_map AS labels,
  fromUnixTimestamp64Milli(greatest(window_start_ms, 0), 'UTC') AS window_start,
  fromUnixTimestamp64Milli(least(window_end_ms, 9999999999999), 'UTC') AS window_end,
  fromUnixTimestamp64Milli(coalesce(valid_to_ms, next_ms), 'UTC') AS valid_to,
  value, value_exact, samples, state, revision, reason, definition
FROM (
  SELECT *, leadInFrame(toNullable(window_end_ms)) OVER (
    PARTITION BY definition, labels ORDER BY window_end_ms ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
  ) AS next_ms
  FROM `values` FINAL WHERE withdrawn = 0
);

-- The latest row of each series of the definitions in force.
CREATE VIEW IF NOT EXISTS kpi_current AS
SELECT * FROM kpi_history
WHERE definition IN (SELECT hash FROM definitions FINAL WHERE active = 1)
ORDER BY window_end DESC LIMIT 1 BY kpi, labels, definition;

CREATE VIEW IF NOT EXISTS case_list AS
SELECT workflow, case_id, fromUnixTimestamp64Milli(first_ms, 'UTC') AS first_time,
  fromUnixTimestamp64Milli(last_ms, 'UTC') AS last_time, first_activity, last_activity, events, dimensions,
  voided = 1 AS voided
FROM cases FINAL;
