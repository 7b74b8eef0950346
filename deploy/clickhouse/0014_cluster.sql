-- What each process of a cluster told last about itself.
CREATE TABLE IF NOT EXISTS services (
  service LowCardinality(String), instance String, seen_ms Int64, content String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (service, instance)
TTL toDateTime(intDiv(seen_ms, 1000), 'UTC') + INTERVAL 1 DAY;

-- Which topics an epoch's offsets are of. shifts, JSON by partition: an offset as rows have it, less the one in the topic.
CREATE TABLE IF NOT EXISTS epoch_topics (
  epoch UInt16, topic String, identity String, partitions UInt16, shifts String, version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (epoch, topic)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
