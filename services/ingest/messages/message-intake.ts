import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { DeadLetter } from '../../shared/core/messages.ts';
import type { MqttSource } from '../../shared/core/ingest/mqtt-plan.ts';
import type { SourceMessage } from '../../shared/ports/message-source.ts';
import { appendEvents, type IngestDeps } from '../context.ts';
import { INGEST_LIMITS } from '../limits.ts';
import { INTAKE_LIMITS, type IntakeLimits } from './intake-limits.ts';
import { readMessage } from './read-message.ts';

/** Waits between tries to append: doubled up to the limit. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;

/** What the intake tells about its work. */
export interface IntakeObserver {
  /** A message is in the log; `refused`: some of it, or all, as dead letters. */
  taken(refused: boolean): void;
  /** The log does not take events; they wait and are tried again. Told once, until `goesOn`. */
  stuck(error: unknown): void;
  goesOn(): void;
}

/** What the intake works with. */
export interface IntakeDeps extends Pick<IngestDeps, 'append' | 'deadLetter' | 'workflows' | 'clock' | 'metrics'> {
  readonly sources: readonly MqttSource[];
  readonly observer: IntakeObserver;
  /** Default INTAKE_LIMITS. */
  readonly limits?: Partial<IntakeLimits>;
}

/**
 * Puts the messages of a broker into the log: those that came while the last ones were being flushed go together. A
 * message is acknowledged when its events, and its dead letters, are in the log; a bad one holds up no other.
 */
export class MessageIntake {
  private readonly deps: IntakeDeps;
  private readonly limits: IntakeLimits;
  private readonly stopped = new AbortController();
  private waiting: SourceMessage[] = [];
  private working: Promise<void> | null = null;
  /** Called when there is room again. */
  private room: (() => void)[] = [];
  private isStuck = false;

  constructor(deps: IntakeDeps) {
    this.deps = deps;
    this.limits = { ...INTAKE_LIMITS, ...deps.limits };
  }

  /** Takes a message; resolves when there is room for the next one. */
  receive(message: SourceMessage): Promise<void> {
    if (this.waiting.length >= this.limits.messagesInFlightMax) this.letGo();
    this.waiting.push(message);
    this.working ??= this.work();
    return this.hasRoom ? Promise.resolve() : new Promise((resolve) => this.room.push(resolve));
  }

  /** A broker that keeps to the limit is never held up: nor are its answers to keep-alives. */
  private get hasRoom(): boolean {
    return this.waiting.length <= this.limits.messagesInFlightMax;
  }

  /** Lets go of what the broker sends again. */
  private letGo(): void {
    this.waiting = this.waiting.filter((message) => !message.comesAgain());
  }

  private async work(): Promise<void> {
    while (this.waiting.length > 0 && !this.stopped.signal.aborted) {
      const batch = this.nextBatch();
      if (this.hasRoom) for (const resolve of this.room.splice(0)) resolve();
      await this.take(batch);
    }
    this.working = null;
  }

  private nextBatch(): SourceMessage[] {
    this.letGo();
    let bytes = 0;
    let count = 0;
    for (const { payload } of this.waiting) {
      bytes += payload.length;
      if (count > 0 && bytes > this.limits.batchBytesMax) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async take(batch: readonly SourceMessage[]): Promise<void> {
    const { workflows, clock, metrics, sources, observer } = this.deps;
    const { payloadBytesMax } = this.limits;
    const reading = { sources, workflows: workflows(), nowMs: clock.nowMs(), limits: INGEST_LIMITS, payloadBytesMax };
    const reads = batch.map((message) => readMessage(message, reading));
    const written = await this.write(
      reads.flatMap(({ events }) => events),
      reads.flatMap(({ letters }) => letters),
    );
    if (!written) return;
    for (const [i, { rejected }] of reads.entries()) {
      batch[i]!.acknowledge();
      observer.taken(rejected.length > 0);
      for (const { code } of rejected) {
        metrics.eventRejected(code);
        metrics.deadLetter(code);
      }
    }
  }

  /** Tries until the log has all of it; false when `stop` comes first. */
  private async write(events: readonly WorkflowEvent[], letters: readonly DeadLetter[]): Promise<boolean> {
    const { clock, metrics, observer, deadLetter } = this.deps;
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await appendEvents(this.deps, events);
        if (letters.length > 0) await deadLetter(letters);
        if (this.isStuck) observer.goesOn();
        this.isStuck = false;
        return true;
      } catch (error) {
        metrics.error(error);
        if (!this.isStuck) observer.stuck(error);
        this.isStuck = true;
      }
      if (this.stopped.signal.aborted) return false;
      await clock.sleep(waitMs, this.stopped.signal);
      if (this.stopped.signal.aborted) return false;
    }
  }

  /** Ends with what is being written; what waits is not acknowledged, so it comes again. */
  async stop(): Promise<void> {
    this.stopped.abort('stopped');
    await this.working;
  }
}
