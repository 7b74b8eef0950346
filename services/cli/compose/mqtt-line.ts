import type { Logger } from 'pino';
import type { IngestDeps } from '../../ingest/context.ts';
import { INTAKE_LIMITS } from '../../ingest/messages/intake-limits.ts';
import { MessageIntake } from '../../ingest/messages/message-intake.ts';
import type { MqttPlan } from '../../shared/core/ingest/mqtt-plan.ts';
import type { SourceReport } from '../wiring.ts';
import { PACKET_BYTES_MAX, readMqttSettings } from './mqtt-settings.ts';
import { intakeObserverOf, sourceObserverOf } from './observer.ts';

/** Events of an MQTT broker into the log, until it is stopped. */
export interface MqttLine {
  start(): void;
  report(): SourceReport;
  /** What is being written is acknowledged; what waits comes again. */
  stop(): Promise<void>;
}

/**
 * The way in from an MQTT broker; nothing is connected before `start`. mqtt.js is loaded here, so that a takt without
 * MQTT does without it. Throws USAGE and FILE_UNREADABLE for what the environment says of the broker.
 */
export async function openMqttLine(
  plan: MqttPlan,
  deps: Pick<IngestDeps, 'append' | 'deadLetter' | 'workflows' | 'clock' | 'metrics'>,
  logger: Logger,
): Promise<MqttLine> {
  const settings = readMqttSettings(plan, process.env);
  const { MqttSource } = await import('../../shared/adapters/source/mqtt-source.ts');
  const { clock, metrics } = deps;
  const { messagesInFlightMax, payloadBytesMax, batchBytesMax } = INTAKE_LIMITS;
  metrics.limit('mqtt_messages_in_flight_max', messagesInFlightMax);
  metrics.limit('mqtt_payload_bytes_max', payloadBytesMax);
  metrics.limit('mqtt_batch_bytes_max', batchBytesMax);
  metrics.limit('mqtt_packet_bytes_max', PACKET_BYTES_MAX);
  const { broker, client, sources } = plan;
  const log = logger.child({ broker, client });
  const source = new MqttSource({
    settings,
    clock,
    observer: metrics.observeMqtt(sourceObserverOf(log)),
    random: Math.random,
  });
  let stuck: string | null = null;
  const told = intakeObserverOf(log);
  const observer = metrics.observeIntake({
    ...told,
    stuck(error) {
      stuck = (error as Error).message;
      told.stuck(error);
    },
    goesOn() {
      stuck = null;
      told.goesOn();
    },
  });
  const intake = new MessageIntake({ ...deps, sources, observer });
  return {
    start: () => void source.run((message) => intake.receive(message)),
    report() {
      const { connected, sinceMs, reason } = source.state();
      const why = stuck === null ? reason : `the log does not take events: ${stuck}`;
      return { source: 'mqtt', address: broker, connected, sinceMs, reason: why };
    },
    async stop() {
      await intake.stop();
      await source.stop();
    },
  };
}
