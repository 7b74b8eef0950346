-- What people were told, or could not be: one row for each notification and channel.
CREATE TABLE IF NOT EXISTS notifications (
  key String, channel LowCardinality(String), rule LowCardinality(String), state LowCardinality(String),
  attempts UInt32, next_ms Nullable(Int64), created_ms Int64, title String, body String, reason String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (key, channel)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW IF NOT EXISTS notification_list AS
WITH -2208988800000 AS lowest_ms, 9999999999999 AS highest_ms
SELECT fromUnixTimestamp64Milli(least(greatest(created_ms, lowest_ms), highest_ms), 'UTC') AS created,
  rule, channel, state, attempts,
  if(isNull(next_ms), NULL, fromUnixTimestamp64Milli(
    least(greatest(assumeNotNull(next_ms), lowest_ms), highest_ms), 'UTC'
  )) AS next_try,
  title, body, reason, key
FROM notifications FINAL;
