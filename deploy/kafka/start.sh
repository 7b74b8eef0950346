#!/usr/bin/env bash
# A Kafka broker on this machine, for development: bash deploy/kafka/start.sh [FOLDER] [PORT]
# FOLDER (kafka-data) keeps its data, PORT is 9092. It needs Java 17 and, once, Maven. Ctrl-C stops it.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="${1:-kafka-data}"
port="${2:-9092}"
controller_port=$((port + 1))

[[ -d $here/libs ]] || mvn -q -B -f "$here/pom.xml" generate-resources
mkdir -p "$folder"
cat > "$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$folder/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
PROPERTIES

if [[ ! -e $folder/data/meta.properties ]]; then
  id="$(java -cp "$here/libs/*" kafka.tools.StorageTool random-uuid)"
  java -cp "$here/libs/*" kafka.tools.StorageTool format -t "$id" -c "$folder/server.properties" > /dev/null
fi
echo "Kafka listens at 127.0.0.1:$port in a few seconds; takt finds it with --log kafka://127.0.0.1:$port"
exec java -Xmx1g -cp "$here/libs/*" kafka.Kafka "$folder/server.properties" > "$folder/kafka.log" 2>&1
