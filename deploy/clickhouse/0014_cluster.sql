-- What each process of a cluster told last about itself.
CREATE TABLE IF NOT EXISTS services (
  service LowCardinality(String), instance String, seen_ms Int64, content String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (service, instance)
TTL toDateTime(intDiv(seen_ms, 1000), 'UTC') + INTERVAL 1 DAY;

-- Which topics an epoch's offsets are of, and from where on they count.
CREATE TABLE IF NOT EXISTS epoch_topics (
  epoch UInt16, topic String, identity String, partitions UInt16, starts String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (epoch, topic)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
