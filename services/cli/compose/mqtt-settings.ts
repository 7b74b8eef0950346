import { INTAKE_LIMITS } from '../../ingest/messages/intake-limits.ts';
import type { MqttSettings } from '../../shared/adapters/source/mqtt-connection.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { MqttPlan } from '../../shared/core/ingest/mqtt-plan.ts';
import { type Environment, readPassword, readPem } from './environment.ts';

const PORTS = { mqtt: 1883, mqtts: 8883 } as const;
/** Above it a broker that speaks MQTT 5 sends nothing; up to it, what is too long becomes a dead letter. */
export const PACKET_BYTES_MAX = 16 * 1024 * 1024;
/** How long the broker is asked to keep what comes while takt is down. */
const SESSION_EXPIRY_S = 30 * 86_400;

/**
 * The broker of an MQTT file, with user, password and certificates from the environment: TAKT_MQTT_USER,
 * TAKT_MQTT_PASSWORD (or _FILE), TAKT_MQTT_CA, TAKT_MQTT_CERT, TAKT_MQTT_KEY. Throws USAGE and FILE_UNREADABLE.
 */
export function readMqttSettings({ broker, client, sources }: MqttPlan, environment: Environment): MqttSettings {
  const [protocol, place] = broker.split('://') as ['mqtt' | 'mqtts', string];
  // Of these two protocols a URL has no default port, so one that is given stays.
  const url = new URL(`${protocol}://${place}`);
  const username = environment['TAKT_MQTT_USER'];
  const password = readPassword('TAKT_MQTT_PASSWORD', environment);
  if (password !== null && username === undefined)
    throw new TaktError('USAGE', 'TAKT_MQTT_PASSWORD is set, but not TAKT_MQTT_USER; set both, or neither.');
  const tls = readPem('TAKT_MQTT', environment);
  if (protocol === 'mqtt' && Object.keys(tls).length > 0)
    throw new TaktError(
      'USAGE',
      `the broker is ${broker}, without TLS, but TAKT_MQTT_CA, _CERT or _KEY is set; write mqtts:// in the MQTT file.`,
    );
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw new TaktError('USAGE', 'of TAKT_MQTT_CERT and TAKT_MQTT_KEY one is set; set both, or neither.');
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[protocol] : Number(url.port),
    clientId: client,
    ...(username === undefined ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(protocol === 'mqtts' ? { tls } : {}),
    filters: [...new Set(sources.map(({ topic }) => topic.filter))],
    messagesInFlightMax: INTAKE_LIMITS.messagesInFlightMax,
    payloadBytesMax: INTAKE_LIMITS.payloadBytesMax,
    packetBytesMax: PACKET_BYTES_MAX,
    sessionExpiryS: SESSION_EXPIRY_S,
  };
}
