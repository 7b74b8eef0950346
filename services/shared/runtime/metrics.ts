import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { NotifyEffect } from '../core/notify/notify-state.ts';
import type { SourceObserver } from '../ports/message-source.ts';
import type { FoldObserver } from './fold/fold-observer.ts';

/** How far one partition of one stage is. */
interface PartitionProgress {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
  readonly watermarkMs: number | null;
  readonly openImports: readonly string[];
  readonly lateMs?: number;
  readonly filling?: { readonly eventsOfAll: number; readonly events: number };
}

/** What the notify fold tells about its work. */
interface NotifyEvents {
  became(effect: NotifyEffect): void;
}

/** What the scheduler tells about runs of jobs. */
interface JobsObserver {
  ended(job: string, outcome: string, durationMs: number, endedMs: number, reason: string): void;
  failed(job: string, step: string, error: unknown): void;
}

/** What the watch over the heartbeat tells. */
interface BeatObserver {
  beat(roundTripMs: number, timeMs: number): void;
  changed(state: 'stopped' | 'back', reason: string): void;
  told(outcome: 'delivered' | 'failed', state: string, reason: string): void;
}

/** What the way in from a broker tells. */
interface IntakeEvents {
  taken(refused: boolean): void;
  stuck(error: unknown): void;
  goesOn(): void;
}

/** [events.<workflow>], whose imports are counted. */
const EVENTS_TOPIC = 'events.';

/** Upper bounds in seconds, fine where the budgets are. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];

/** What takt tells about itself, in a registry of its own. Label values come from takt, never from a client. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly accepted = this.counter('events_accepted_total', 'Events that the log holds.', ['workflow']);
  private readonly rejected = this.counter('events_rejected_total', 'Items that were no event.', ['code']);
  private readonly errors = this.counter('errors_total', 'Errors, of requests and of work in the background.', [
    'code',
  ]);
  private readonly unlisted = this.counter(
    'activities_unlisted_total',
    'Accepted events whose activity the catalogue does not list.',
    ['workflow'],
  );
  private readonly letters = this.counter('dead_letters_total', 'Items kept as dead letters.', ['code']);
  private readonly lettersTried = this.counter(
    'dead_letters_tried_total',
    'Dead letters that were tried again or set aside, by what came of it.',
    ['way', 'outcome'],
  );
  private readonly lettersOpen = this.gauge(
    'dead_letters_open',
    'Dead letters that wait for somebody, or their time.',
    ['code'],
  );
  private readonly applied = this.counter('records_applied_total', 'Records folded.', ['stage']);
  private readonly logBytes = this.gauge('log_bytes', 'Bytes in the embedded log, and its limit.', ['kind']);
  private readonly lag = this.gauge('lag_records', 'Records that a stage has not read yet.', [
    'stage',
    'topic',
    'partition',
  ]);
  private readonly watermark = this.gauge('watermark_ms', 'Event time up to which a partition is complete.', [
    'topic',
    'partition',
  ]);
  private readonly imports = this.gauge('open_imports', 'Imports that have not ended.', ['workflow']);
  private readonly late = this.gauge(
    'retention_cut_ms',
    'Events before it are too late for retention, milliseconds UTC.',
    ['topic', 'partition'],
  );
  private readonly fills = this.gauge(
    'fill_events',
    'Archived events of a partition in which new definitions are being filled: all, and those that they have.',
    ['topic', 'partition', 'kind'],
  );
  private readonly streams = this.gauge('streams', 'Screens that listen.', []);
  private readonly streamsDropped = this.counter(
    'streams_dropped_total',
    'Screens dropped because they were too slow.',
    [],
  );
  private readonly alertsKept = this.gauge('alert_instances', 'Series and alert instances in memory.', []);
  private readonly seriesOver = this.gauge(
    'kpi_label_sets_over_limit',
    'Label sets of a KPI, when its limit was decided, that have no labels of their own and count as __other__.',
    ['kpi'],
  );
  private readonly limits = this.gauge('limit', 'Limits in force, by name.', ['name']);
  private readonly flush = this.histogram('flush_seconds', 'How long storing rows takes.', ['stage', 'table']);
  private readonly publish = this.histogram('publish_seconds', 'How long publishing rows takes.', ['stage']);
  private readonly appends = this.histogram('append_seconds', 'How long the log takes to flush a request.', []);
  private readonly jobRuns = this.counter('job_runs_total', 'Runs of jobs, by how they ended.', ['job', 'outcome']);
  private readonly jobSuccess = this.gauge('job_last_success_ms', 'When a job was last done, milliseconds UTC.', [
    'job',
  ]);
  private readonly jobDurations = this.histogram('job_duration_seconds', 'How long runs of jobs take.', ['job']);
  private readonly roundTrip = this.histogram(
    'heartbeat_seconds',
    'How long beats take from ingest to transition.',
    [],
  );
  private readonly lastBeat = this.gauge('heartbeat_last_ms', 'When a beat last came through, milliseconds UTC.', []);
  private readonly stopped = this.gauge('heartbeat_stopped', '1 while no beat comes through the line.', []);
  private readonly told = this.counter('heartbeat_messages_total', 'Messages to the heartbeat receiver.', [
    'state',
    'outcome',
  ]);

  private readonly notifications = this.counter(
    'notifications_total',
    'Tries to deliver notifications, by what came of them.',
    ['channel', 'outcome'],
  );
  private readonly notificationsNow = this.gauge(
    'notifications',
    'Notifications that are pending, and rules and channels whose last one was given up.',
    ['state'],
  );

  private readonly mqttConnected = this.gauge('mqtt_connected', '1 while the MQTT broker is connected.', []);
  private readonly mqttReconnects = this.counter(
    'mqtt_reconnects_total',
    'Times that the MQTT broker was back after it had been away.',
    [],
  );
  private readonly mqttMessages = this.counter(
    'mqtt_messages_total',
    'MQTT messages that the log has: taken, or refused as dead letters, whole or in part.',
    ['outcome'],
  );

  /** From now on also what Node tells about this process: memory, processor time, event-loop delay. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Events that the log holds now. */
  eventsAccepted(workflow: string, events: number): void {
    this.accepted.inc({ workflow }, events);
  }

  /** Events among the accepted whose activity the catalogue does not list. */
  activitiesUnlisted(workflow: string, events: number): void {
    this.unlisted.inc({ workflow }, events);
  }

  eventRejected(code: string): void {
    this.rejected.inc({ code });
  }

  /** Counts an error by its code, or a code; what has none counts as INTERNAL. */
  error(error: unknown): void {
    const code = typeof error === 'string' ? error : (error as { code?: unknown } | null | undefined)?.code;
    this.errors.inc({ code: typeof code === 'string' ? code : 'INTERNAL' });
  }

  /** Counts what the folds do, and passes it on. */
  observe(next: FoldObserver): FoldObserver {
    return {
      applied: (task, records) => {
        this.applied.inc({ stage: task.stage }, records);
        next.applied(task, records);
      },
      published: (stage, records, durationMs) => {
        this.published(stage, durationMs);
        next.published(stage, records, durationMs);
      },
      stored: (stage, rows, durationMs) => {
        this.flushed(stage, 'all', durationMs);
        next.stored(stage, rows, durationMs);
      },
      failed: (stage, step, error, task) => {
        this.error(error);
        next.failed(stage, step, error, task);
      },
      recovered: (task, step) => next.recovered(task, step),
    };
  }

  /** Counts runs of jobs, and passes them on. */
  observeJobs(next: JobsObserver): JobsObserver {
    return {
      ended: (job, outcome, durationMs, endedMs, reason) => {
        this.jobRuns.inc({ job, outcome });
        this.jobDurations.observe({ job }, durationMs / 1000);
        if (outcome === 'done') this.jobSuccess.set({ job }, endedMs);
        next.ended(job, outcome, durationMs, endedMs, reason);
      },
      failed: (job, step, error) => {
        this.error(error);
        next.failed(job, step, error);
      },
    };
  }

  /** Counts beats and what the receiver is told, and passes it on. */
  observeHeartbeat(next: BeatObserver): BeatObserver {
    return {
      beat: (roundTripMs, timeMs) => {
        this.roundTrip.observe(roundTripMs / 1000);
        this.lastBeat.set(timeMs);
        next.beat(roundTripMs, timeMs);
      },
      changed: (state, reason) => {
        this.stopped.set(state === 'stopped' ? 1 : 0);
        next.changed(state, reason);
      },
      told: (outcome, state, reason) => {
        this.told.inc({ state, outcome });
        next.told(outcome, state, reason);
      },
    };
  }

  /** Counts how the connection to an MQTT broker is, and passes it on. */
  observeMqtt(next: SourceObserver): SourceObserver {
    return {
      connected: (sessionKept, again) => {
        this.mqttConnected.set(1);
        if (again) this.mqttReconnects.inc();
        next.connected(sessionKept, again);
      },
      away: (reason) => {
        this.mqttConnected.set(0);
        next.away(reason);
      },
    };
  }

  /** Counts what became of messages, and passes it on. */
  observeIntake(next: IntakeEvents): IntakeEvents {
    return {
      ...next,
      taken: (refused) => {
        this.mqttMessages.inc({ outcome: refused ? 'refused' : 'taken' });
        next.taken(refused);
      },
    };
  }

  /** Counts what became of tries to deliver notifications, and passes it on. */
  observeNotify(next: NotifyEvents): NotifyEvents {
    return {
      became: (effect) => {
        const { channel, state, outgoing } = effect;
        if (outgoing.attempts > 0)
          this.notifications.inc({ channel, outcome: state === 'pending' ? 'retrying' : state });
        next.became(effect);
      },
    };
  }

  /** How many notifications are on their way, and how many rules and channels had theirs given up. */
  notificationsAre(pending: number, failed: number): void {
    this.notificationsNow.set({ state: 'pending' }, pending);
    this.notificationsNow.set({ state: 'failed' }, failed);
  }

  deadLetter(code: string): void {
    this.letters.inc({ code });
  }

  /** A dead letter was tried again, or set aside. */
  letterTried(way: string, outcome: string): void {
    this.lettersTried.inc({ way, outcome });
  }

  /** How many dead letters are open now, by code. */
  lettersAre(counts: ReadonlyMap<string, number>): void {
    this.lettersOpen.reset();
    for (const [code, count] of counts) this.lettersOpen.set({ code }, count);
  }

  lagRecords(stage: string, topic: string, partition: number, records: number): void {
    this.lag.set({ stage, topic, partition }, records);
  }

  watermarkMs(topic: string, partition: number, timeMs: number): void {
    this.watermark.set({ topic, partition }, timeMs);
  }

  openImports(workflow: string, imports: number): void {
    this.imports.set({ workflow }, imports);
  }

  /** Screens that listen now. */
  streamsOpen(count: number): void {
    this.streams.set(count);
  }

  /** A screen was too slow and dropped. */
  streamDropped(): void {
    this.streamsDropped.inc();
  }

  /** Series and alert instances in memory now. */
  alertInstances(count: number): void {
    this.alertsKept.set(count);
  }

  /** KPIs that count some label sets together; all others do not. */
  seriesLimited(
    limited: readonly { readonly kpi: string; readonly seriesMax: number; readonly labelSets: number }[],
  ): void {
    this.seriesOver.reset();
    for (const { kpi, seriesMax, labelSets } of limited) this.seriesOver.set({ kpi }, labelSets - seriesMax);
  }

  /** A named limit; the name ends in its unit. */
  limit(name: string, value: number): void {
    this.limits.set({ name }, value);
  }

  flushed(stage: string, table: string, durationMs: number): void {
    this.flush.observe({ stage, table }, durationMs / 1000);
  }

  published(stage: string, durationMs: number): void {
    this.publish.observe({ stage }, durationMs / 1000);
  }

  appended(durationMs: number): void {
    this.appends.observe(durationMs / 1000);
  }

  /** Everything in Prometheus' text format, after setting the gauges from how far the folds and the log are. */
  async text(
    partitions: readonly PartitionProgress[] = [],
    log?: { readonly usedBytes: number; readonly limitBytes: number },
  ): Promise<string> {
    // A partition that another process has now must not go on with its last figures here.
    for (const gauge of [this.lag, this.watermark, this.imports, this.fills, this.late]) gauge.reset();
    const imports = new Map<string, Set<string>>();
    for (const {
      stage,
      topic,
      partition,
      nextOffset,
      endOffset,
      watermarkMs,
      openImports,
      filling,
      lateMs,
    } of partitions) {
      if (lateMs !== undefined) this.late.set({ topic, partition }, lateMs);
      this.lagRecords(stage, topic, partition, endOffset - nextOffset);
      if (filling !== undefined) {
        this.fills.set({ topic, partition, kind: 'all' }, filling.eventsOfAll);
        this.fills.set({ topic, partition, kind: 'done' }, filling.events);
      }
      if (!topic.startsWith(EVENTS_TOPIC)) continue;
      if (watermarkMs !== null) this.watermarkMs(topic, partition, watermarkMs);
      const workflow = topic.slice(EVENTS_TOPIC.length);
      imports.set(workflow, new Set([...(imports.get(workflow) ?? []), ...openImports]));
    }
    for (const [workflow, open] of imports) this.openImports(workflow, open.size);
    if (log !== undefined) {
      this.logBytes.set({ kind: 'used' }, log.usedBytes);
      this.logBytes.set({ kind: 'limit' }, log.limitBytes);
    }
    return this.registry.metrics();
  }

  private counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: `takt_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: `takt_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> {
    return new Histogram({
      name: `takt_${name}`,
      help,
      labelNames,
      buckets: SECONDS_BUCKETS,
      registers: [this.registry],
    });
  }
}
