-- The views leave out what takt measures of itself: its heartbeat, workflow takt, KPIs and rules that begin with takt_.
CREATE OR REPLACE VIEW kpi_history AS
WITH -2208988800000 AS lowest_ms, 9999999999999 AS highest_ms
SELECT kpi, label_map AS labels,
  fromUnixTimestamp64Milli(least(greatest(window_start_ms, lowest_ms), highest_ms), 'UTC') AS window_start,
  fromUnixTimestamp64Milli(least(greatest(window_end_ms, lowest_ms), highest_ms), 'UTC') AS window_end,
  -- greatest leaves NULL out in newer versions.
  if(isNull(coalesce(valid_to_ms, next_ms)), NULL, fromUnixTimestamp64Milli(
    least(greatest(assumeNotNull(coalesce(valid_to_ms, next_ms)), lowest_ms), highest_ms), 'UTC'
  )) AS valid_to,
  value, value_exact, samples, state, revision, reason, definition
FROM (
  SELECT *, leadInFrame(toNullable(window_end_ms)) OVER (
    PARTITION BY definition, labels ORDER BY window_end_ms ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
  ) AS next_ms
  FROM `values` FINAL WHERE withdrawn = 0 AND NOT startsWith(kpi, 'takt_')
);

CREATE OR REPLACE VIEW case_list AS
WITH -2208988800000 AS lowest_ms, 9999999999999 AS highest_ms
SELECT workflow, case_id,
  fromUnixTimestamp64Milli(least(greatest(first_ms, lowest_ms), highest_ms), 'UTC') AS first_time,
  fromUnixTimestamp64Milli(least(greatest(last_ms, lowest_ms), highest_ms), 'UTC') AS last_time,
  first_activity, last_activity, events, dimensions, voided = 1 AS voided
FROM cases FINAL WHERE workflow != 'takt';
