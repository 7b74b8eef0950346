import type {
  AppendRecord,
  EventLog,
  LogRecord,
  LogSize,
  ReadLimits,
  TopicDescription,
} from '../../services/shared/ports/event-log.ts';

/** A log whose topics begin with a prefix: several tests share one broker. */
export class KafkaNames implements EventLog {
  private readonly prefix: string;
  private readonly log: EventLog | null;

  constructor(prefix: string, log: EventLog | null = null) {
    this.prefix = prefix;
    this.log = log;
  }

  /** The same names on a log. */
  of(log: EventLog): KafkaNames {
    return new KafkaNames(this.prefix, log);
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.log!.createTopic(this.prefix + topic, partitions);
  }

  describeTopic(topic: string): Promise<TopicDescription | null> {
    return this.log!.describeTopic(this.prefix + topic);
  }

  append(records: readonly AppendRecord[]): Promise<number[]> {
    return this.log!.append(records.map((record) => ({ ...record, topic: this.prefix + record.topic })));
  }

  read(topic: string, partition: number, fromOffset: number, limits: ReadLimits): Promise<LogRecord[]> {
    return this.log!.read(this.prefix + topic, partition, fromOffset, limits);
  }

  endOffset(topic: string, partition: number): Promise<number> {
    return this.log!.endOffset(this.prefix + topic, partition);
  }

  onAppend(listener: (topic: string, partition: number) => void): () => void {
    return this.log!.onAppend((topic, partition) => listener(topic.slice(this.prefix.length), partition));
  }

  size(): LogSize | null {
    return this.log!.size();
  }

  close(): Promise<void> {
    return this.log!.close();
  }
}
