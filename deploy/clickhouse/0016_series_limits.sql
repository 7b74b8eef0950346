-- Which label sets KPIs with more of them than they may have count under their own labels; the rest counts as __other__.
-- The version, when it was decided (ms), is inverted: the lowest wins.
CREATE TABLE IF NOT EXISTS series_limits (
  id String, kpis Array(String), series_max UInt32, label_sets UInt64, admitted Array(String), inverted_version UInt64
) ENGINE = ReplacingMergeTree(inverted_version) ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
