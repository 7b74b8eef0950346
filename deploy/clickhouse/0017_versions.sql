-- The latest row of each series of the definitions in force. Of a KPI that is effective from a time on the versions before it
-- are in force too, each up to where the windows of the next one begin: they are one series.
CREATE OR REPLACE VIEW kpi_current AS
WITH versions AS (
  SELECT hash, kpi AS of_kpi, JSONExtract(content, 'effectiveMs', 'Nullable(Int64)') AS effective_ms,
    minOrNull(effective_ms) OVER (
      PARTITION BY of_kpi ORDER BY coalesce(effective_ms, -9223372036854775808)
      RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS until_ms,
    maxOrNull(effective_ms) OVER (PARTITION BY of_kpi) AS latest_ms
  FROM definitions FINAL WHERE active = 1
)
SELECT kpi, labels, window_start, window_end, valid_to, value, value_exact, samples, state, revision, reason, definition
FROM kpi_history INNER JOIN versions ON definition = hash
WHERE until_ms IS NULL OR toUnixTimestamp64Milli(window_start) < until_ms
ORDER BY window_end DESC LIMIT 1 BY kpi, labels, if(isNull(latest_ms), definition, '');
